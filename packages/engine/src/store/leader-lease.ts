import type { SqlExecutor } from "./database.ts";

const NAME = "leader";

/** The row that says who leads. Ages are by the database's clock. */
export interface LeaderLease {
  readonly holder: string;
  readonly holderVersion: string | null;
  /** How long ago it ended; negative while it lasts. */
  readonly freeForMs: number;
  /** A candidate whose version is newer than the holder's. */
  readonly challenger: string | null;
  readonly challengerVersion: string | null;
  readonly challengerAgeMs: number | null;
}

/** The leader's lease, or null when there is no row. */
export async function readLeaderLease(executor: SqlExecutor): Promise<LeaderLease | null> {
  const { rows } = await executor.query<LeaderLease>(
    `/* engine.readLeaderLease */
    select holder, holder_version as "holderVersion",
      extract(epoch from clock_timestamp() - expires_at)::float8 * 1000 as "freeForMs", challenger,
      challenger_version as "challengerVersion",
      extract(epoch from clock_timestamp() - challenger_seen_at)::float8 * 1000 as "challengerAgeMs"
    from wf_lease where name = $1`,
    [NAME],
  );
  return rows[0] ?? null;
}

/** Takes or renews the lease. True when `holder` has it: it was absent, its own, or expired. */
export async function acquireLeaderLease(
  executor: SqlExecutor,
  holder: { readonly id: string; readonly version: string },
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await executor.query(
    `/* engine.acquireLease */
    insert into wf_lease (name, holder, holder_version, expires_at)
    values ($1, $2, $3, clock_timestamp() + $4::int * interval '1 millisecond')
    on conflict (name) do update set holder = excluded.holder, holder_version = excluded.holder_version,
      expires_at = excluded.expires_at, challenger = nullif(wf_lease.challenger, excluded.holder),
      acquired_at = case when wf_lease.holder = excluded.holder then wf_lease.acquired_at else clock_timestamp() end
    where wf_lease.holder = excluded.holder or wf_lease.expires_at <= clock_timestamp()`,
    [NAME, holder.id, holder.version, leaseMs],
  );
  return rowCount > 0;
}

/** Announces a challenger, in the place of the one that was seen there. */
export async function announceChallenger(
  executor: SqlExecutor,
  challenger: { readonly id: string; readonly version: string },
  inPlaceOf: string | null,
): Promise<void> {
  await executor.query(
    `/* engine.announceChallenger */
    update wf_lease set challenger = $2, challenger_version = $3, challenger_seen_at = clock_timestamp()
    where name = $1 and challenger is not distinct from $4`,
    [NAME, challenger.id, challenger.version, inPlaceOf],
  );
}

/** Takes an announcement back. */
export async function withdrawChallenger(executor: SqlExecutor, challengerId: string): Promise<void> {
  await executor.query(
    `/* engine.withdrawChallenger */ update wf_lease set challenger = null where name = $1 and challenger = $2`,
    [NAME, challengerId],
  );
}

/** Ends the lease at once; who challenged stays announced, so that others leave it to that one. */
export async function yieldLeaderLease(executor: SqlExecutor, holderId: string): Promise<void> {
  await executor.query(
    `/* engine.yieldLease */
    update wf_lease set expires_at = clock_timestamp() where name = $1 and holder = $2 and expires_at > clock_timestamp()`,
    [NAME, holderId],
  );
}

/** Gives the lease back, so that another candidate need not wait for its end; a challenger younger than `freshMs` is kept. */
export async function releaseLeaderLease(executor: SqlExecutor, holderId: string, freshMs: number): Promise<void> {
  await executor.query(
    `/* engine.releaseLease */
    with kept as (
      update wf_lease set expires_at = clock_timestamp()
      where name = $1 and holder = $2 and challenger is not null
        and challenger_seen_at > clock_timestamp() - $3::int * interval '1 millisecond'
      returning name
    )
    delete from wf_lease where name = $1 and holder = $2 and not exists (select 1 from kept)`,
    [NAME, holderId, freshMs],
  );
}
