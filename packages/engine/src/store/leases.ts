import type { SqlExecutor } from "./database.ts";

/** A run that is still ours after a renewal. */
export interface RenewedRun {
  readonly id: string;
  readonly fence: number;
  readonly cancelRequested: boolean;
}

// Locks in id order like every other writer; two renewals or a renewal and a flush cannot deadlock.
const RENEW = `/* engine.renewLeases */
with held as (
  select w.id from wf_run w where w.id = any($1::uuid[]) and w.locked_by = $2 and w.status = 'RUNNING' order by w.id for no key update
)
update wf_run w set locked_until = clock_timestamp() + $3::int * interval '1 millisecond'
from held h where w.id = h.id
returning w.id, w.fence, w.cancel_requested as "cancelRequested"`;

/** Renews one instance's leases; runs missing from the answer belong to somebody else now. */
export async function renewLeases(
  executor: SqlExecutor,
  owner: string,
  runIds: readonly string[],
  leaseMs: number,
): Promise<RenewedRun[]> {
  const { rows } = await executor.query<RenewedRun>(RENEW, [runIds, owner, leaseMs]);
  return rows;
}

/** Frees runs whose owners stopped renewing; those taken over too often are FAILED. */
export async function sweepExpiredRuns(
  executor: SqlExecutor,
  limit: number,
  takeOversMax: number,
): Promise<{ freed: number; failed: number }> {
  const { rows } = await executor.query<{ freed: number; failed: number }>(
    `/* engine.sweepExpiredRuns */ select freed, failed from wf_sweep_2($1, $2)`,
    [limit, takeOversMax],
  );
  return rows[0] ?? { freed: 0, failed: 0 };
}
