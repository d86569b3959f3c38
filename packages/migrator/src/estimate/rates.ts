import type { LiveTable } from "./live-tables.ts";
import type { Work } from "./needs.ts";

const MIB = 1024 * 1024;

/**
 * Milliseconds per MiB: a third of what was measured on ten million rows while ten times more processes than cores wanted to run
 * (bench/results/lock-time-2026-11-22-27dbed0.json, bench/lock-time.ts measures again). Rather too long than too short: what comes
 * out too long asks for a look, what comes out too short stops users.
 */
const SCAN_MS_PER_MIB = 2.5;
const INDEX_MS_PER_MIB = 33;
const REWRITE_MS_PER_MIB = 38;
const ROWS_MS_PER_MIB = 320;
/** A change of descriptions alone, commit included. */
const CATALOG_MS = 2;

/** How long a piece of work takes on a table, and what that was concluded from; `ms` null when it cannot be told. */
export function timeOf(work: Work, table: LiveTable | undefined): { ms: number | null; basis: string } {
  if (work === "unknown") return { ms: null, basis: "what it does cannot be told from its text" };
  if (table === undefined) return { ms: CATALOG_MS, basis: "there is no such table now" };
  const [heap, whole] = [table.heapBytes / MIB, table.bytes / MIB];
  switch (work) {
    case "catalog":
      return { ms: CATALOG_MS, basis: "changes descriptions only, whatever the size" };
    case "scan":
      return { ms: CATALOG_MS + heap * SCAN_MS_PER_MIB, basis: `reads ${sizeText(table.heapBytes)}` };
    case "rewrite":
      return { ms: CATALOG_MS + whole * REWRITE_MS_PER_MIB, basis: `writes ${sizeText(table.bytes)} anew` };
    case "index":
      return { ms: CATALOG_MS + heap * INDEX_MS_PER_MIB, basis: `reads and sorts ${sizeText(table.heapBytes)}` };
    case "rows":
      return {
        ms: CATALOG_MS + heap * ROWS_MS_PER_MIB,
        basis: `changes at most every row, ${sizeText(table.heapBytes)}`,
      };
  }
}

function sizeText(bytes: number): string {
  const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
  const STEP = 1024;
  let size = bytes;
  let unit = 0;
  while (size >= STEP && unit < UNITS.length - 1) {
    size /= STEP;
    unit++;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${UNITS[unit]}`;
}
