import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/** Lets one transaction at a time start scheduled analyses, until it ends; false when another one does at this moment. */
export async function tryLockSlices(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`/* analysis.tryLockSlices */
    select pg_try_advisory_xact_lock(hashtextextended('scheduled_analysis_run', 0)) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

/** Scheduled analyses that were under way when it was last looked. */
export async function notedRuns(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ run_id: string }>`/* analysis.notedRuns */
    select run_id from scheduled_analysis_run`.execute(tx);
  return rows.map(({ run_id }) => run_id);
}

/** Forgets those that have ended. */
export async function forgetRuns(tx: Tx, runIds: readonly string[]): Promise<void> {
  if (runIds.length === 0) return;
  await sql`/* analysis.forgetRuns */
    delete from scheduled_analysis_run where run_id = any(${[...runIds]}::uuid[])`.execute(tx);
}

/** Notes runs that were started in this transaction. */
export async function noteRuns(tx: Tx, runIds: readonly string[]): Promise<void> {
  await sql`/* analysis.noteRuns */
    insert into scheduled_analysis_run (run_id) select unnest(${[...runIds]}::uuid[])`.execute(tx);
}
