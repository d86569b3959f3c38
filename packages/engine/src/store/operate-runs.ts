import { sqlStateOf } from "./conflicts.ts";
import type { SqlExecutor } from "./database.ts";
import { toJson } from "./json.ts";

const UNIQUE_VIOLATION = "23505";

/** Stores a signal once and wakes the run. False when the run is terminal or unknown, or the signal is there already. */
export async function signalRun(
  executor: SqlExecutor,
  runId: string,
  name: string,
  payload: unknown,
): Promise<boolean> {
  const { rows } = await executor.query<{ stored: boolean }>(
    `/* engine.signalRun */
    with target as (
      select r.id from wf_run r where r.id = $1 and r.status in ('CREATED', 'RUNNING', 'SUSPENDED') for no key update
    ), stored as (
      insert into wf_signal (run_id, name, payload, created_at) select t.id, $2, $3::jsonb, clock_timestamp() from target t
      on conflict do nothing returning run_id
    ), woken as (
      select wf_wake(array_agg(s.run_id)) from stored s having count(*) > 0
    )
    select exists (select 1 from stored) as stored, (select count(*) from woken)`,
    [runId, name, toJson(payload, `the payload of signal ${name}`)],
  );
  return rows[0]?.stored ?? false;
}

/** Cancels a run and everything below it. False when all of it was terminal. */
export async function cancelRun(executor: SqlExecutor, runId: string): Promise<boolean> {
  const { rows } = await executor.query<{ cancelled: boolean }>(
    `/* engine.cancelRun */ select wf_cancel_2($1) as cancelled`,
    [runId],
  );
  return rows[0]?.cancelled ?? false;
}

/** Holds a run and everything below it until it is resumed. False when all of it was terminal. */
export async function holdRun(executor: SqlExecutor, runId: string): Promise<boolean> {
  const { rows } = await executor.query<{ held: boolean }>(`/* engine.holdRun */ select wf_hold($1) as held`, [runId]);
  return rows[0]?.held ?? false;
}

/** Lets a held run and everything below it go on. False when nothing of it was held. */
export async function resumeRun(executor: SqlExecutor, runId: string): Promise<boolean> {
  const { rows } = await executor.query<{ resumed: boolean }>(
    `/* engine.resumeRun */ select wf_resume($1) as resumed`,
    [runId],
  );
  return rows[0]?.resumed ?? false;
}

/** Says that this owner does nothing more for a run it lost, in case a hold took it. */
export async function letGo(executor: SqlExecutor, runId: string, fence: number, owner: string): Promise<void> {
  await executor.query(`/* engine.letGo */ select wf_let_go($1, $2, $3)`, [runId, fence, owner]);
}

/** What came of a retry. */
export type RetryVerdict = "RETRIED" | "NOT_ENDED" | "INSTANCE_ID_TAKEN" | "UNKNOWN_STEP";

/** Lets an ended root run go on from its last good step, or from before a named one. */
export async function retryRun(executor: SqlExecutor, runId: string, fromStep: string | null): Promise<RetryVerdict> {
  try {
    const { rows } = await executor.query<{ verdict: RetryVerdict }>(
      `/* engine.retryRun */ select wf_retry($1, $2) as verdict`,
      [runId, fromStep],
    );
    return rows[0]?.verdict ?? "NOT_ENDED";
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return "INSTANCE_ID_TAKEN";
    throw error;
  }
}
