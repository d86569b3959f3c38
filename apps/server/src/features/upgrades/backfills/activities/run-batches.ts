/**
 * A slice: batch after batch for a few seconds, each in a transaction with its cursor. It is short so that a stopping instance
 * never has to cut it, and so that the next instance goes on within seconds; where it goes on is in the table, not in the run.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type BackfillInput, backfillInput } from "@evertrack/contract/runs/backfills";
import { type Activity, type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Tx } from "../../../../platform/db/index.ts";
import type { Backfill, Json } from "../backfill.ts";
import type { BackfillProgress } from "../progress.ts";
import { adapted, backedOff, batchLimit, type Pace, restMs } from "../rules/pace.ts";
import { isOpen } from "../rules/progress.ts";
import { type BackfillRow, lockBackfills, recordBatch, recordError, recordPace } from "../store/backfills.ts";
import { countLockWaits, limitWaits, ranIntoLimit } from "../store/guards.ts";
import { backfillRunName, SLICE_RETRY, type SliceEnd } from "../workflows/run-backfill.ts";

/** A slice begins no batch after this long; below the time instances give their work when they stop. */
const SLICE_MAX_MS = 4_000;
const BATCHES_MAX = 200;
/** Batches of a slice that are rolled back because of locks or time before it fails. */
const BACK_OFFS_MAX = 20;
/** A batch waits no longer for somebody's lock, while others wait for what it has locked. */
const LOCK_WAIT_MAX_MS = 500;
const STATEMENT_MAX_MS = 5_000;
const ERROR_CHARS_MAX = 2_000;
const SECOND_MS = 1000;

export interface BatchDeps {
  /** Of rows per second, for backfills without one of their own. */
  ratePerS: number;
  /** Work of this process that waits for a connection. */
  waitingHere(): number;
  progress: BackfillProgress;
  /** Waits; replaced by tests. */
  rest?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Rows of the batch, and those left by the estimate. */
interface BatchEnd extends SliceEnd {
  readonly rows: number;
  readonly left: number;
}

type Context = ActivityContext<Tx>;

const STOPPED = { more: false, restMs: 0 };

/** The activity that does the batches of one backfill. */
export function runBatchesActivity(backfill: Backfill, deps: BatchDeps): Activity<BackfillInput, SliceEnd, Tx> {
  return defineActivity<BackfillInput, SliceEnd, Tx>({
    name: backfillRunName(backfill.name),
    input: (raw) => backfillInput.parse(raw),
    async execute(context) {
      try {
        return await runSlice(context, backfill, deps);
      } catch (error) {
        if (!context.signal.aborted) await noteError(context, backfill.name, error);
        throw error;
      }
    },
  });
}

async function runSlice(context: Context, backfill: Backfill, deps: BatchDeps): Promise<SliceEnd> {
  const { rest = pauseFor } = deps;
  const endMs = performance.now() + SLICE_MAX_MS;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    context.signal.throwIfAborted();
    const end = await oneBatch(context, backfill, deps, batch);
    if (!end.more) return STOPPED;
    if (performance.now() + end.restMs > endMs) return { more: true, restMs: end.restMs };
    await rest(end.restMs, context.signal);
  }
  return { more: true, restMs: 0 };
}

/** One batch; again, smaller and later, when it ran into a limit. */
async function oneBatch(context: Context, backfill: Backfill, deps: BatchDeps, batch: number): Promise<SliceEnd> {
  const { rest = pauseFor, progress } = deps;
  for (let attempt = 0; ; attempt++) {
    try {
      let done: BatchEnd | undefined;
      const end = await context.tx(`batch:${batch}:${attempt}`, async (tx) => {
        done = await batchIn(tx, backfill, deps);
        return { more: done.more, restMs: done.restMs };
      });
      // What is read from the ledger was done and rested for by another attempt.
      if (done === undefined) return { ...end, restMs: 0 };
      progress.add(backfill.name, done.rows, done.left);
      return end;
    } catch (error) {
      if (!ranIntoLimit(error) || attempt >= BACK_OFFS_MAX) throw error;
      context.log.info({ err: error, backfill: backfill.name }, "a batch ran into a limit; the next one is smaller");
      const waitMs = await context.tx(`back-off:${batch}:${attempt}`, (tx) => backOff(tx, backfill.name));
      await rest(waitMs, context.signal);
    }
  }
}

async function batchIn(tx: Tx, backfill: Backfill, deps: BatchDeps): Promise<BatchEnd> {
  await limitWaits(tx, { lockMs: LOCK_WAIT_MAX_MS, statementMs: STATEMENT_MAX_MS });
  const [row] = await lockBackfills(tx, [backfill.name]);
  if (row === undefined || !isOpen(row)) return { ...STOPPED, rows: 0, left: 0 };
  const ratePerS = row.rate_rows_per_s ?? deps.ratePerS;
  const limit = batchLimit(paceOf(row), ratePerS);
  const startedMs = performance.now();
  const { cursor, rows } = await backfill.batch(tx, row.cursor, limit);
  requireAdvance(backfill.name, row.cursor, cursor);
  const durationMs = performance.now() - startedMs;
  const waiting = deps.waitingHere() + (await countLockWaits(tx));
  const pace = adapted(paceOf(row), { limit, rows, durationMs, waiting });
  const pauseMs = Math.round(restMs(pace, { rows, durationMs }, ratePerS));
  const plannedPerS = (rows * SECOND_MS) / Math.max(1, durationMs + pauseMs);
  await recordBatch(tx, { name: backfill.name, cursor, rows, pace, plannedPerS });
  const more = cursor !== null;
  const left = more ? Math.max(0, row.rows_estimated - row.rows_done - rows) : 0;
  return { more, restMs: pauseMs, rows, left };
}

/** How long to wait before the batch is tried again. */
async function backOff(tx: Tx, name: string): Promise<number> {
  const [row] = await lockBackfills(tx, [name]);
  if (row === undefined) return 0;
  const pace = backedOff(paceOf(row));
  await recordPace(tx, name, pace);
  return LOCK_WAIT_MAX_MS * pace.slowdown;
}

/** A batch that ends where it began would do so for ever. */
function requireAdvance(name: string, before: Json | null, after: Json | null): void {
  if (after === null || JSON.stringify(after) !== JSON.stringify(before)) return;
  throw new Terminal(`backfill ${name}: a batch ended where it began, at ${JSON.stringify(before)}`);
}

function paceOf({ batch_rows: batchRows, row_ms: rowMs, slowdown }: BackfillRow): Pace {
  return { batchRows, rowMs, slowdown };
}

/** In the transaction of the ledger, so that an instance that has lost the run notes nothing. */
async function noteError(context: Context, name: string, error: unknown): Promise<void> {
  const isLast = context.attempt >= SLICE_RETRY.attemptsMax || error instanceof Terminal;
  const text = (error instanceof Error ? error.message : String(error)).slice(0, ERROR_CHARS_MAX);
  const noting = context.tx(`error:${context.attempt}`, async (tx) => {
    await lockBackfills(tx, [name]);
    await recordError(tx, name, text, isLast);
    return null;
  });
  await noting.catch((cause: unknown) => context.log.warn({ err: cause, backfill: name }, "an error was not noted"));
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
