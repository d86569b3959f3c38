/**
 * A row of `backfill` is locked by whoever changes it, first of everything in the transaction: a batch, an operator, the schedule.
 * So two batches of one backfill never overlap, and a pause holds from the next batch on.
 */
import { sql } from "kysely";
import type { Db, Tx } from "../../../../platform/db/index.ts";
import type { Json } from "../backfill.ts";

export type BackfillStatus = "PENDING" | "RUNNING" | "PAUSED" | "DONE" | "FAILED";

/** A backfill as the database knows it; the migration says what the columns mean. */
export interface BackfillRow {
  name: string;
  release: string;
  status: BackfillStatus;
  pause_reason: string | null;
  cursor: Json | null;
  rows_done: number;
  rows_estimated: number;
  rate_rows_per_s: number | null;
  batch_rows: number;
  row_ms: number | null;
  slowdown: number;
  speed_rows_per_s: number | null;
  run_id: string | null;
  created_at: Date;
  started_at: Date | null;
  updated_at: Date;
  finished_at: Date | null;
  verified_at: Date | null;
  last_error: string | null;
}

const columns =
  sql.raw(`name, release, status, pause_reason, cursor, rows_done, rows_estimated, rate_rows_per_s, batch_rows,
  row_ms, slowdown, speed_rows_per_s, run_id, created_at, started_at, updated_at, finished_at, verified_at, last_error`);

/** In the order they were declared; only the named ones, if names are given. */
export async function listBackfillRows(db: Db, names: readonly string[] | null = null): Promise<BackfillRow[]> {
  const { rows } = await sql<BackfillRow>`/* upgrades.listBackfills */
    select ${columns} from backfill where ${names}::text[] is null or name = any(${names}::text[])
    order by created_at, name`.execute(db);
  return rows;
}

/** Locks the rows, in the order of their names. */
export async function lockBackfills(tx: Tx, names: readonly string[]): Promise<BackfillRow[]> {
  const { rows } = await sql<BackfillRow>`/* upgrades.lockBackfills */
    select ${columns} from backfill where name = any(${[...names]}::text[]) order by name for update`.execute(tx);
  return rows;
}

/** Adds those that are missing and returns their names. */
export async function insertBackfills(
  tx: Tx,
  backfills: readonly { name: string; release: string; estimated: number }[],
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`/* upgrades.insertBackfills */
    insert into backfill (name, release, rows_estimated)
    select * from unnest(${backfills.map(({ name }) => name)}::text[], ${backfills.map(({ release }) => release)}::text[],
      ${backfills.map(({ estimated }) => estimated)}::int8[]) order by 1
    on conflict (name) do nothing returning name`.execute(tx);
  return rows.map(({ name }) => name);
}

/** What one batch leaves behind. */
export interface BatchRecord {
  name: string;
  cursor: Json | null;
  rows: number;
  pace: { batchRows: number; rowMs: number | null; slowdown: number };
  /** What the batch and its rest come to; the measured speed begins with it. */
  plannedPerS: number;
}

/** Speeds are smoothed over this long. */
const SPEED_WINDOW_S = 60;

/** Moves the cursor; at the end the backfill is DONE. An error that went away is forgotten. */
export async function recordBatch(tx: Tx, { name, cursor, rows, pace, plannedPerS }: BatchRecord): Promise<void> {
  const next = cursor === null ? null : JSON.stringify(cursor);
  await sql`/* upgrades.recordBatch */
    update backfill b set cursor = ${next}::jsonb, rows_done = rows_done + ${rows}::int8, batch_rows = ${pace.batchRows},
      row_ms = ${pace.rowMs}, slowdown = ${pace.slowdown}, last_error = null,
      speed_rows_per_s = coalesce(${rows}::float8 / seen.s * (1 - seen.kept) + speed_rows_per_s * seen.kept, ${plannedPerS}::float8),
      updated_at = clock_timestamp(), started_at = coalesce(started_at, now()),
      status = case when ${next}::jsonb is null then 'DONE' else 'RUNNING' end,
      finished_at = case when ${next}::jsonb is null then clock_timestamp() end
    from (select name, s, exp(- s / ${SPEED_WINDOW_S}::float8) as kept from backfill,
      lateral (select greatest(extract(epoch from clock_timestamp() - updated_at), 0.001)::float8 as s) passed) seen
    where b.name = ${name} and seen.name = b.name`.execute(tx);
}

/** Keeps the pace of a batch that was rolled back. */
export async function recordPace(tx: Tx, name: string, pace: BatchRecord["pace"]): Promise<void> {
  await sql`/* upgrades.recordPace */
    update backfill set batch_rows = ${pace.batchRows}, slowdown = ${pace.slowdown}, updated_at = clock_timestamp()
    where name = ${name}`.execute(tx);
}

/** Notes an error; one that is the last makes the backfill FAILED, unless somebody paused it meanwhile. */
export async function recordError(tx: Tx, name: string, error: string, isLast: boolean): Promise<void> {
  await sql`/* upgrades.recordError */
    update backfill set last_error = ${error}, updated_at = clock_timestamp(),
      status = case when ${isLast} and status in ('PENDING', 'RUNNING') then 'FAILED' else status end
    where name = ${name}`.execute(tx);
}

/** Notes which run does the work. */
export async function recordRun(tx: Tx, name: string, runId: string): Promise<void> {
  await sql`/* upgrades.recordRun */
    update backfill set run_id = ${runId}, status = 'RUNNING', updated_at = clock_timestamp() where name = ${name}`.execute(
    tx,
  );
}

/** Nothing is left in the old shape: there is nothing to do. */
export async function recordNothingToDo(tx: Tx, names: readonly string[]): Promise<void> {
  await sql`/* upgrades.recordNothingToDo */
    update backfill set status = 'DONE', finished_at = clock_timestamp(), updated_at = clock_timestamp()
    where name = any(${[...names]}::text[]) and status = 'PENDING'`.execute(tx);
}

/** Holds what is not done or failed; returns whose state changed. */
export async function pauseRows(tx: Tx, names: readonly string[] | null, reason: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`/* upgrades.pauseBackfills */
    update backfill set status = 'PAUSED', pause_reason = ${reason}, speed_rows_per_s = null, updated_at = clock_timestamp()
    where status in ('PENDING', 'RUNNING') and (${names}::text[] is null or name = any(${names}::text[]))
    returning name`.execute(tx);
  return rows.map(({ name }) => name);
}

/** Lets go on what is paused or failed. `reason`: only what was paused for it. Returns whose state changed. */
export async function resumeRows(tx: Tx, names: readonly string[], reason: string | null = null): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`/* upgrades.resumeBackfills */
    update backfill set status = 'PENDING', pause_reason = null, slowdown = 1, updated_at = clock_timestamp()
    where status in ('PAUSED', 'FAILED') and name = any(${[...names]}::text[])
      and (${reason}::text is null or pause_reason = ${reason}) returning name`.execute(tx);
  return rows.map(({ name }) => name);
}

/** Sets or, with null, takes away the rate of one backfill; false when there is none of this name. */
export async function setRate(tx: Tx, name: string, ratePerS: number | null): Promise<boolean> {
  const { rows } = await sql`/* upgrades.setBackfillRate */
    update backfill set rate_rows_per_s = ${ratePerS}, updated_at = clock_timestamp() where name = ${name}
    returning 1`.execute(tx);
  return rows.length > 0;
}

/** Notes that no row is left in the old shape, counted. */
export async function recordVerified(tx: Tx, name: string): Promise<void> {
  await sql`/* upgrades.recordVerified */
    update backfill set verified_at = clock_timestamp(), updated_at = clock_timestamp() where name = ${name}`.execute(
    tx,
  );
}
