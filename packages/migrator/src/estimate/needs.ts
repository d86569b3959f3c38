import type { LockMode } from "./lock-modes.ts";

/**
 * What a statement does while it holds a lock:
 * - `catalog`: changes descriptions only, however large the table;
 * - `scan`: reads the table once;
 * - `rewrite`: writes the table and its indexes anew;
 * - `index`: reads the table, sorts, writes an index;
 * - `rows`: changes rows, at most all of them; only these stay locked;
 * - `unknown`: what it does cannot be told from its text.
 */
export type Work = "catalog" | "scan" | "rewrite" | "index" | "rows" | "unknown";

/** A lock a statement takes, and the work it does under it. */
export type LockNeed = {
  /** `schema.name`; the table of an index is looked up. */
  object: { kind: "table" | "index"; name: string };
  mode: LockMode;
  work: Work[];
  /** The scan is left out when a valid check constraint proves that this column holds no NULL. */
  unlessNotNull?: string;
};

/** Shorthand: a lock on a table. */
export function onTable(name: string, mode: LockMode, ...work: Work[]): LockNeed {
  return { object: { kind: "table", name }, mode, work };
}

/** Shorthand: a lock on the table of an index. */
export function onTableOfIndex(name: string, mode: LockMode, ...work: Work[]): LockNeed {
  return { object: { kind: "index", name }, mode, work };
}
