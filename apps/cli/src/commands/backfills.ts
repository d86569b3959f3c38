/** `backfills …`: how far the changes of rows of an upgrade are; holding them, and how fast they go. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import type { Backfill } from "../client/answers.ts";
import { type BackfillChange, listBackfills, updateBackfill } from "../client/backfills.ts";
import { type Api, closeApi } from "../client/http.ts";
import { durationText } from "../output/amounts.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

const PERCENT = 100;
const NOTE_WIDTH_MAX = 80;

const COLUMNS: readonly Column<Backfill>[] = [
  { heading: "BACKFILL", cell: ({ name }) => name },
  { heading: "RELEASE", cell: ({ release }) => release },
  { heading: "STATUS", cell: ({ status }) => status.toLowerCase() },
  { heading: "ROWS", cell: rowsOf },
  { heading: "ROWS/S", cell: ({ rows_per_second: speed }) => (speed === undefined ? "" : String(Math.round(speed))) },
  { heading: "LIMIT", cell: ({ rows_per_second_max: limit }) => (limit === undefined ? "" : String(limit)) },
  { heading: "ENDS IN", cell: ({ eta_ms: etaMs }) => (etaMs === undefined ? "" : durationText(etaMs)) },
  { heading: "NOTE", cell: noteOf, widthMax: NOTE_WIDTH_MAX },
];

/** Prints all of them. */
export async function backfillsList(options: AccessOptions, terminal: Terminal): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const backfills = await listBackfills(api);
    terminal.result({ backfills });
    if (backfills.length === 0) terminal.line("There are no backfills.");
    else for (const line of tableLines(backfills, COLUMNS)) terminal.line(line);
  });
}

/** Pauses one, lets it go on, or sets its rate. */
export async function backfillsChange(
  name: string,
  change: BackfillChange,
  options: AccessOptions,
  terminal: Terminal,
): Promise<void> {
  await withApi(options, terminal, async (api) => {
    const after = await updateBackfill(api, name, change);
    terminal.result(after);
    terminal.line(`${after.name} is ${after.status.toLowerCase()}, ${limitOf(after)}.`);
  });
}

async function withApi(options: AccessOptions, terminal: Terminal, work: (api: Api) => Promise<void>): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  await work(api).finally(() => closeApi(api));
}

/** `1200 of 5000 (24 %)`; the estimate may be wrong, so 100 % is left to the end. */
function rowsOf({ status, rows_done: done, rows_estimated: estimated }: Backfill): string {
  if (status === "DONE") return String(done);
  if (estimated === 0) return `${done} of ?`;
  return `${done} of ${estimated} (${Math.min(PERCENT - 1, Math.floor((done / estimated) * PERCENT))} %)`;
}

function limitOf({ rows_per_second_max: limit }: Backfill): string {
  return limit === undefined ? "at the server's own limit" : `at ${limit} rows per second at most`;
}

function noteOf({ status, pause_reason: reason, last_error: error, slowdown }: Backfill): string {
  if (status === "PAUSED") return reason ?? "";
  if (status !== "DONE" && error !== undefined) return error;
  return status === "RUNNING" && slowdown > 1 ? `makes way for others: rests ${slowdown} times longer` : "";
}
