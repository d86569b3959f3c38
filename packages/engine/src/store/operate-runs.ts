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
      insert into wf_signal (run_id, name, payload) select t.id, $2, $3::jsonb from target t on conflict do nothing returning run_id
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
    `/* engine.cancelRun */ select wf_cancel($1) as cancelled`,
    [runId],
  );
  return rows[0]?.cancelled ?? false;
}

// Everything that failed below goes too: the ids of children derive from the steps, so they are created anew.
const RETRY = `/* engine.retryRun */
with target as (
  select r.id from wf_run r
  where r.id = $1 and r.parent_id is null and r.status in ('FAILED', 'CANCELLED') for no key update
), tree as (
  select t.id from target t
  union all
  select c.id from target t join wf_run c on c.root_id = t.id and c.parent_id is not null
), failed_steps as (
  delete from wf_step s using tree t where s.run_id = t.id and s.error is not null
), failed_runs as (
  delete from wf_run c using target t where c.root_id = t.id and c.parent_id is not null and c.status in ('FAILED', 'CANCELLED')
)
update wf_run r set status = 'CREATED', waiting = null, error = null, finished_at = null, cancel_requested = false,
  take_overs = 0, fence = r.fence + 1
from target t where r.id = t.id`;

/** Lets a failed or cancelled root run go on from its last good step. False when there is none, or its instance id is taken. */
export async function retryRun(executor: SqlExecutor, runId: string): Promise<boolean> {
  try {
    const { rowCount } = await executor.query(RETRY, [runId]);
    return rowCount > 0;
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return false;
    throw error;
  }
}
