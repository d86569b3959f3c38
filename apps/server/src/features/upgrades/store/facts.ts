import { sql } from "kysely";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import type {
  AppliedFacts,
  BackfillFacts,
  BackupFacts,
  ClusterFacts,
  InstanceFacts,
  OpenRunsFacts,
  StuckRunsFacts,
} from "../rules/facts.ts";

/** Runs of one workflow are counted up to this many. */
const RUNS_COUNTED_MAX = 10_000;

/** Leases end when their owner does; the next sweep frees the runs. Several of both have passed by then. */
const STUCK_AFTER_MS = 120_000;
const STUCK_NAMES_MAX = 20;

/** The tables facts come from; an older or empty database lacks some. */
const TABLES = [
  "evertrack_schema_migration",
  "cluster_state",
  "cluster_instance",
  "cluster_gate",
  "backfill",
  "backup_record",
  "wf_run",
] as const;

export type FactTable = (typeof TABLES)[number];

/** Keeps the transaction to one point of time and to reading; the first statement of it. */
export async function lookOnly(tx: Tx): Promise<void> {
  await sql`/* upgrades.lookOnly */ set transaction isolation level repeatable read, read only`.execute(tx);
}

/** Which of the tables there are. */
export async function presentTables(tx: Tx): Promise<Set<FactTable>> {
  const { rows } = await sql<{ name: FactTable }>`/* upgrades.presentTables */
    select name from unnest(${[...TABLES]}::text[]) as name where to_regclass(name) is not null`.execute(tx);
  return new Set(rows.map(({ name }) => name));
}

export async function readApplied(tx: Tx): Promise<AppliedFacts[]> {
  const { rows } = await sql<AppliedFacts>`/* upgrades.readApplied */
    select component, id, phase, state, checksum, version from evertrack_schema_migration
    order by component, id`.execute(tx);
  return rows;
}

const clusterSchema = z.object({
  min_join_version: z.string(),
  finalized_version: z.string().nullable(),
  target_version: z.string().nullable().default(null),
  finalize_step: z.string().nullable().default(null),
  epoch: z.number(),
  window_age_ms: z.number().nullable(),
});

/** Undefined when the row is missing. Columns that an older database lacks are as if nothing was going on. */
export async function readCluster(tx: Tx): Promise<ClusterFacts | undefined> {
  const { rows } = await sql<{ row: unknown }>`/* upgrades.readCluster */
    select to_jsonb(c) || jsonb_build_object('window_age_ms', extract(epoch from
      clock_timestamp() - (to_jsonb(c) ->> 'window_opened_at')::timestamptz) * 1000) as row
    from cluster_state as c where id = 1`.execute(tx);
  if (rows[0] === undefined) return undefined;
  const row = clusterSchema.parse(rows[0].row);
  return {
    minJoinVersion: row.min_join_version,
    finalizedVersion: row.finalized_version,
    targetVersion: row.target_version,
    windowAgeMs: row.window_age_ms,
    finalizeStep: row.finalize_step,
    epoch: row.epoch,
  };
}

export async function readInstances(tx: Tx): Promise<InstanceFacts[]> {
  const { rows } = await sql<InstanceFacts>`/* upgrades.readInstances */
    select id, version, host, roles, queues, state, leader, in_flight as "inFlight", gate_epoch as "gateEpoch",
      greatest(0, extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as "heartbeatAgeMs",
      heartbeat_interval_ms as "intervalMs", heartbeat_lapse_ms as "lapseMs"
    from cluster_instance where state <> 'gone' order by started_at, id`.execute(tx);
  return rows;
}

export async function readBackfills(tx: Tx): Promise<BackfillFacts[]> {
  const { rows } = await sql<BackfillFacts>`/* upgrades.readBackfills */
    select name, release, status, rows_done as "rowsDone", rows_estimated as "rowsEstimated",
      speed_rows_per_s as "rowsPerS", last_error as "lastError"
    from backfill order by release, name`.execute(tx);
  return rows;
}

export async function readBackups(tx: Tx): Promise<BackupFacts> {
  const { rows } = await sql<BackupFacts>`/* upgrades.readBackups */
    with age as (
      select extract(epoch from clock_timestamp() - taken_at) * 1000 as ms,
        verified_at is not null and verdict in ('passed', 'confirmed') as verified
      from backup_record
    )
    select min(ms)::float8 as "takenAgeMs", (min(ms) filter (where verified))::float8 as "verifiedTakenAgeMs"
    from age`.execute(tx);
  return rows[0] ?? { takenAgeMs: null, verifiedTakenAgeMs: null };
}

/** Steps from name to name over the index of run lists, so that a long history costs nothing. */
export async function readOpenRuns(tx: Tx): Promise<OpenRunsFacts[]> {
  const { rows } = await sql<OpenRunsFacts>`/* upgrades.readOpenRuns */
    with recursive waiting(name) as (
      (select name from wf_run where kind = 'workflow' and status <> 'RUNNING' order by name limit 1)
      union all
      select (select r.name from wf_run as r where r.kind = 'workflow' and r.status <> 'RUNNING' and r.name > w.name
        order by r.name limit 1)
      from waiting as w where w.name is not null
    ), present(name) as (
      select name from waiting where name is not null
      union select name from wf_run where kind = 'workflow' and status = 'RUNNING'
    )
    select name as workflow, runs::int from present cross join lateral (
      select count(*) as runs from (
        select from wf_run as r where r.kind = 'workflow' and r.name = present.name and r.status <> 'RUNNING'
          and r.status in ('CREATED', 'SUSPENDED')
        union all
        select from wf_run as r where r.kind = 'workflow' and r.name = present.name and r.status = 'RUNNING'
        limit ${RUNS_COUNTED_MAX}) as counted) as counts
    where runs > 0 order by name`.execute(tx);
  return rows;
}

/** As many as instances can hold at once, so there are few to look at. */
export async function readStuckRuns(tx: Tx): Promise<StuckRunsFacts[]> {
  const { rows } = await sql<StuckRunsFacts>`/* upgrades.readStuckRuns */
    select name, queue, count(*)::int as runs,
      (extract(epoch from clock_timestamp() - min(locked_until)) * 1000)::float8 as "expiredMs"
    from wf_run where status = 'RUNNING' and kind in ('workflow', 'activity')
      and locked_until < now() - ${STUCK_AFTER_MS}::int * interval '1 millisecond'
    group by name, queue order by name, queue limit ${STUCK_NAMES_MAX}`.execute(tx);
  return rows;
}
