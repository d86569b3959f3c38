import { sql } from "kysely";
import { type Db, isLockTimeout, isQueryTimeout, type Tx } from "../../../../platform/db/index.ts";

/**
 * In this transaction no statement takes longer, and none waits longer for a lock: what is locked already would be held
 * meanwhile. Milliseconds.
 */
export async function limitWaits(
  tx: Tx,
  { lockMs, statementMs }: { lockMs: number; statementMs: number },
): Promise<void> {
  await sql`/* upgrades.limitWaits */
    select set_config('lock_timeout', ${String(lockMs)}, true), set_config('statement_timeout', ${String(statementMs)}, true)`.execute(
    tx,
  );
}

/** Sessions of this database that wait for a lock now, as far as this role may see. */
export async function countLockWaits(db: Db): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`/* upgrades.countLockWaits */
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`.execute(db);
  return rows[0]?.waiting ?? 0;
}

/** A statement was ended by one of the limits above. */
export function ranIntoLimit(error: unknown): boolean {
  return isLockTimeout(error) || isQueryTimeout(error);
}
