/** States a backfill may be in; it is open while batches are to be done. */
type Status = "PENDING" | "RUNNING" | "PAUSED" | "DONE" | "FAILED";

interface Counted {
  readonly status: Status;
  readonly rows_done: number;
  readonly rows_estimated: number;
  readonly speed_rows_per_s: number | null;
}

const SECOND_MS = 1000;
/** Slower ones have no end that could be told. */
const SPEED_MIN_PER_S = 0.01;

/** Whether batches are done, or wait for somebody to do them. */
export function isOpen({ status }: { readonly status: Status }): boolean {
  return status === "PENDING" || status === "RUNNING";
}

/** Rows left by the estimate; 0 when it is done, whatever the estimate said. */
export function rowsLeft({ status, rows_done: done, rows_estimated: estimated }: Counted): number {
  return status === "DONE" ? 0 : Math.max(0, estimated - done);
}

/** When it is done at the present speed, in milliseconds from now; undefined while it does not go on. */
export function etaMs(backfill: Counted): number | undefined {
  const { status, speed_rows_per_s: speed } = backfill;
  if (status !== "RUNNING" || speed === null || speed < SPEED_MIN_PER_S) return undefined;
  return Math.round((rowsLeft(backfill) / speed) * SECOND_MS);
}
