/**
 * How fast a backfill goes. Three things bound it, and the slowest one wins: the rate in rows per second that operators set; a rest
 * as long as the batch before, so that never more than half of one connection is busy with it; and a slowdown that doubles
 * whenever others wait or a row takes twice as long as usual, and goes away gradually.
 */

/** What batches taught so far. */
export interface Pace {
  readonly batchRows: number;
  /** How long a row takes, in milliseconds, smoothed; null before the first batch. */
  readonly rowMs: number | null;
  /** Rests are longer than planned by this factor, 1 to 16. */
  readonly slowdown: number;
}

/** One batch as it went. */
export interface SeenBatch {
  /** How many rows it was allowed. */
  readonly limit: number;
  readonly rows: number;
  readonly durationMs: number;
  /** Others that waited while it ended: for connections of this process, or for locks in the database. */
  readonly waiting: number;
}

/** A batch holds its locks for so long; it aims at half of it. */
export const BATCH_MAX_MS = 200;
const BATCH_TARGET_MS = BATCH_MAX_MS / 2;
/** More at a time would only make transactions large. */
const BATCH_ROWS_MAX = 20_000;
const GROWTH_MAX = 1.5;
const SLOWDOWN_MAX = 16;
const RECOVERY = 0.8;
/** Of the newest batch in the smoothed time of a row. */
const NEWEST_SHARE = 0.2;
/** Times below this say more about the process than about the database. */
const NOISE_MS = 20;
const PAUSE_MAX_MS = 30_000;
const SECOND_MS = 1000;

/** Rows the next batch may have: what fits its time, and no more than a second's worth of the rate. */
export function batchLimit(pace: Pace, ratePerS: number): number {
  return Math.max(1, Math.min(pace.batchRows, Math.floor(ratePerS), BATCH_ROWS_MAX));
}

/** The pace after a batch. */
export function adapted(pace: Pace, seen: SeenBatch): Pace {
  const rowMs = seen.durationMs / Math.max(1, seen.rows);
  return {
    batchRows: nextBatchRows(pace.batchRows, seen, rowMs),
    rowMs: pace.rowMs === null ? rowMs : pace.rowMs * (1 - NEWEST_SHARE) + rowMs * NEWEST_SHARE,
    slowdown: isPressed(pace, seen, rowMs)
      ? Math.min(SLOWDOWN_MAX, pace.slowdown * 2)
      : Math.max(1, pace.slowdown * RECOVERY),
  };
}

/** The pace after a batch that could not get its locks in time: smaller and later. */
export function backedOff(pace: Pace): Pace {
  return {
    ...pace,
    batchRows: Math.max(1, Math.floor(pace.batchRows / 2)),
    slowdown: Math.min(SLOWDOWN_MAX, pace.slowdown * 2),
  };
}

/** How long to rest after a batch, in milliseconds. */
export function restMs(pace: Pace, seen: Pick<SeenBatch, "rows" | "durationMs">, ratePerS: number): number {
  const byRate = (seen.rows / ratePerS) * SECOND_MS * pace.slowdown - seen.durationMs;
  return Math.min(PAUSE_MAX_MS, Math.max(byRate, seen.durationMs * pace.slowdown));
}

/** A short last batch says nothing about how many rows fit. */
function nextBatchRows(batchRows: number, { limit, rows, durationMs }: SeenBatch, rowMs: number): number {
  if (durationMs > BATCH_MAX_MS) return Math.max(1, Math.floor(limit / 2));
  if (rows < limit || limit < batchRows) return batchRows;
  const fitting = Math.max(1, Math.floor(BATCH_TARGET_MS / Math.max(rowMs, Number.EPSILON)));
  return Math.min(BATCH_ROWS_MAX, fitting, Math.ceil(batchRows * GROWTH_MAX));
}

function isPressed(pace: Pace, { waiting, durationMs }: SeenBatch, rowMs: number): boolean {
  return waiting > 0 || (durationMs > NOISE_MS && pace.rowMs !== null && rowMs > 2 * pace.rowMs);
}
