import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** Rows removed by one statement. */
const REMOVED_MAX = 1_000;

/** An answer as it was cached, and when it was given. */
export interface CachedAnswer {
  key: string;
  answer: unknown;
  answeredAt: Date;
}

/** Answers about these keys that have not expired. */
export async function readCache(db: Db, analyzer: string, keys: readonly string[]): Promise<CachedAnswer[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<CachedAnswer>`/* analysis.readCache */
    select key, answer, answered_at as "answeredAt" from analyzer_cache
    where analyzer = ${analyzer} and key = any(${[...keys]}::text[]) and expires_at > clock_timestamp()`.execute(db);
  return rows;
}

/** Keeps answers that were just given; returns when that was. Rows are locked in the order of their keys. */
export async function writeCache(
  tx: Tx,
  analyzer: string,
  answers: readonly { key: string; answer: unknown }[],
  ttlMs: number,
): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`/* analysis.writeCache */
    with given as (select clock_timestamp() as now),
    written as (
      insert into analyzer_cache (analyzer, key, answer, answered_at, expires_at)
      select ${analyzer}, x.key, x.answer, g.now, g.now + ${ttlMs}::float8 * interval '1 millisecond'
      from jsonb_to_recordset(${JSON.stringify(answers)}::jsonb) as x(key text, answer jsonb) cross join given g
      order by x.key
      on conflict (analyzer, key) do update
        set answer = excluded.answer, answered_at = excluded.answered_at, expires_at = excluded.expires_at)
    select now from given`.execute(tx);
  return rows[0]?.now ?? new Date(0);
}

/** The database's time, for answers that need none of the analyzer. */
export async function databaseTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`/* analysis.databaseTime */ select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date(0);
}

/** Whether any answer has expired. */
export async function anyExpired(db: Db): Promise<boolean> {
  const { rows } = await sql`/* analysis.anyExpired */
    select 1 from analyzer_cache where expires_at <= now() limit 1`.execute(db);
  return rows.length > 0;
}

/** Removes answers that have expired, at most REMOVED_MAX; whether there may be more. Those somebody writes are passed over. */
export async function removeExpired(tx: Tx): Promise<boolean> {
  const { numAffectedRows } = await sql`/* analysis.removeExpired */
    delete from analyzer_cache where (analyzer, key) in (
      select analyzer, key from analyzer_cache where expires_at <= now() order by expires_at
      limit ${REMOVED_MAX} for update skip locked)`.execute(tx);
  return numAffectedRows === BigInt(REMOVED_MAX);
}
