import type { Database, Tx } from "../../../../platform/db/index.ts";
import type { Log } from "../../../../platform/log/log.ts";
import type { Backfill, BackfillBatch, Json } from "../backfill.ts";
import { adapted, batchLimit, type Pace } from "../rules/pace.ts";
import { listBackfillRows, lockBackfills, recordVerified } from "../store/backfills.ts";
import { limitWaits } from "../store/guards.ts";

/** Rows that others keep writing in the old shape are not ended by passes. */
const PASSES_MAX = 3;
const BATCHES_MAX = 10_000_000;
/** Counting may read a large table. */
const COUNT_MAX_MS = 600_000;
const LOCK_WAIT_MAX_MS = 5_000;
const STATEMENT_MAX_MS = 30_000;
const FIRST_PACE: Pace = { batchRows: 1_000, rowMs: null, slowdown: 1 };

/** What the last look at a backfill found. */
export interface BackfillVerdict {
  readonly name: string;
  readonly release: string;
  /** No row is left in the old shape, counted. */
  readonly verified: boolean;
  /** Rows left in the old shape; null when nobody counted because it is not done. */
  readonly remaining: number | null;
}

interface Deps {
  database: Database;
  backfills: readonly Backfill[];
  log: Log;
  signal?: AbortSignal;
}

/**
 * The last look before old shapes are taken away: counts exactly what is left of each backfill, passes over all rows again where
 * something is, and counts again. Backfills that are not DONE are told and not touched. Nothing is noted but what was verified, so it
 * may be cut short and called again. Takes as long as counting takes, and a pass where one is needed.
 */
export async function verifyBackfills({ database, backfills, log, signal }: Deps): Promise<BackfillVerdict[]> {
  const rows = new Map((await listBackfillRows(database.db)).map((row) => [row.name, row]));
  const verdicts: BackfillVerdict[] = [];
  for (const backfill of backfills) {
    const { name, release } = backfill;
    const isDone = rows.get(name)?.status === "DONE";
    const remaining = isDone ? await endWhatIsLeft({ database, backfill, log, signal }) : null;
    if (remaining === 0) await database.transaction((tx) => recordVerified(tx, name));
    verdicts.push({ name, release, verified: remaining === 0, remaining });
  }
  return verdicts;
}

interface Subject {
  database: Database;
  backfill: Backfill;
  log: Log;
  signal: AbortSignal | undefined;
}

/** Rows that are left after at most three passes. */
async function endWhatIsLeft({ database, backfill, log, signal }: Subject): Promise<number> {
  for (let pass = 0; ; pass++) {
    signal?.throwIfAborted();
    const remaining = await count(database, backfill);
    if (remaining === 0 || pass === PASSES_MAX) return remaining;
    log.info({ backfill: backfill.name, remaining, pass: pass + 1 }, "a backfill passes over its rows again");
    await passOver(database, backfill, signal);
  }
}

function count(database: Database, backfill: Backfill): Promise<number> {
  return database.transaction(async (tx) => {
    await limitWaits(tx, { lockMs: LOCK_WAIT_MAX_MS, statementMs: COUNT_MAX_MS });
    return backfill.remaining(tx);
  });
}

async function passOver(database: Database, backfill: Backfill, signal: AbortSignal | undefined): Promise<void> {
  let pace = FIRST_PACE;
  let cursor: Json | null = null;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    signal?.throwIfAborted();
    const limit = batchLimit(pace, Number.MAX_SAFE_INTEGER);
    const startedMs = performance.now();
    const from: Json | null = cursor;
    const end: BackfillBatch = await database.transaction((tx) => oneBatch(tx, backfill, from, limit));
    if (end.cursor === null) return;
    cursor = end.cursor;
    pace = adapted(pace, { limit, rows: end.rows, durationMs: performance.now() - startedMs, waiting: 0 });
  }
  throw new Error(`backfill ${backfill.name}: a pass did not end within ${BATCHES_MAX} batches`);
}

async function oneBatch(tx: Tx, backfill: Backfill, cursor: Json | null, limit: number): Promise<BackfillBatch> {
  await limitWaits(tx, { lockMs: LOCK_WAIT_MAX_MS, statementMs: STATEMENT_MAX_MS });
  await lockBackfills(tx, [backfill.name]);
  return backfill.batch(tx, cursor, limit);
}
