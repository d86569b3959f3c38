import type { SqlExecutor } from "./database.ts";

const RELEASE = `/* engine.releaseOwners */
with leases as (delete from wf_lease), places as (delete from wf_worker)
update wf_run set locked_until = clock_timestamp() - interval '1 second', take_overs = greatest(take_overs - 1, 0)
where status = 'RUNNING'`;

/**
 * Ends every lease, of runs and of leadership, so that whoever starts next goes on at once; being taken over for this is not counted
 * against a run. For a database no process works on: one that was just restored, where all owners are of another time.
 */
export async function releaseOwners(executor: SqlExecutor): Promise<number> {
  return (await executor.query(RELEASE)).rowCount ?? 0;
}
