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

/** Takes or renews a named lease. True when `holder` has it: it was absent, its own, or expired. */
export async function acquireLease(
  executor: SqlExecutor,
  name: string,
  holder: { readonly id: string; readonly version: string },
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await executor.query(
    `/* engine.acquireLease */
    insert into wf_lease (name, holder, holder_version, expires_at)
    values ($1, $2, $3, clock_timestamp() + $4::int * interval '1 millisecond')
    on conflict (name) do update set holder = excluded.holder, holder_version = excluded.holder_version,
      expires_at = excluded.expires_at,
      acquired_at = case when wf_lease.holder = excluded.holder then wf_lease.acquired_at else clock_timestamp() end
    where wf_lease.holder = excluded.holder or wf_lease.expires_at <= clock_timestamp()`,
    [name, holder.id, holder.version, leaseMs],
  );
  return rowCount > 0;
}

/** Gives a named lease back, so that another holder need not wait for its end. */
export async function releaseLease(executor: SqlExecutor, name: string, holderId: string): Promise<void> {
  await executor.query(`/* engine.releaseLease */ delete from wf_lease where name = $1 and holder = $2`, [
    name,
    holderId,
  ]);
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
