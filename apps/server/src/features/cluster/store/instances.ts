import { sql } from "kysely";
import { z } from "zod";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { InstanceRow, InstanceState } from "../rules/view.ts";

/** What an instance says once, when it joins. */
export interface NewInstance {
  id: string;
  version: string;
  build: string;
  profile: string | undefined;
  host: string;
  roles: readonly string[];
  queues: readonly string[];
  intervalMs: number;
  lapseMs: number;
  gateEpoch: number;
}

/** What an instance says with each beat. */
export interface Beat {
  state: InstanceState;
  leader: boolean;
  inFlight: number;
  /** The epoch it has taken over. */
  gateEpoch: number;
  detail: InstanceRow["detail"];
}

export async function insertInstance(tx: Tx, instance: NewInstance): Promise<void> {
  await sql`/* cluster.insertInstance */
    insert into cluster_instance
      (id, version, build, profile, host, roles, queues, state, heartbeat_interval_ms, heartbeat_lapse_ms, gate_epoch)
    values (${instance.id}, ${instance.version}, ${instance.build}, ${instance.profile ?? null}, ${instance.host},
      ${[...instance.roles]}, ${[...instance.queues]}, 'starting', ${instance.intervalMs}, ${instance.lapseMs},
      ${instance.gateEpoch})`.execute(tx);
}

/** False when the row is gone: the others have removed this instance. */
export async function writeBeat(tx: Tx, id: string, beat: Beat): Promise<boolean> {
  const { rows } = await sql`/* cluster.beat */
    update cluster_instance set heartbeat_at = clock_timestamp(), heartbeats = heartbeats + 1, state = ${beat.state},
      leader = ${beat.leader}, in_flight = ${beat.inFlight}, gate_epoch = ${beat.gateEpoch}, detail = ${JSON.stringify(beat.detail)}::jsonb
    where id = ${id} and state <> 'gone' returning id`.execute(tx);
  return rows.length > 0;
}

const detailSchema = z.object({ apiPort: z.number().optional(), eventLoopLagMs: z.number().optional() }).catch({});

type Selected = Omit<InstanceRow, "detail"> & { detail: unknown };

/** Every instance, those that are gone included, in the order they started. */
export async function listInstances(db: Db): Promise<InstanceRow[]> {
  const { rows } = await sql<Selected>`/* cluster.listInstances */
    select id, version, build, profile, host, roles, queues, state, started_at as "startedAt",
      greatest(0, extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as "heartbeatAgeMs",
      heartbeats, heartbeat_interval_ms as "intervalMs", heartbeat_lapse_ms as "lapseMs",
      (extract(epoch from clock_timestamp() - gone_at) * 1000)::float8 as "goneForMs", gone_by as "goneBy",
      leader, in_flight as "inFlight", gate_epoch as "gateEpoch", detail
    from cluster_instance order by started_at, id`.execute(db);
  return rows.map((row) => ({ ...row, detail: detailSchema.parse(row.detail) }));
}

/** Marks instances whose count of beats is still the one that was seen; the ids marked. Locks in id order. */
export async function markGone(
  tx: Tx,
  lapsed: readonly { id: string; heartbeats: number }[],
  by: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`/* cluster.markGone */
    with seen as (
      select i.id from cluster_instance i
      join jsonb_to_recordset(${JSON.stringify(lapsed)}::jsonb) as s(id text, heartbeats bigint)
        on s.id = i.id and s.heartbeats = i.heartbeats
      where i.state <> 'gone' order by i.id for update of i
    )
    update cluster_instance i set state = 'gone', gone_at = clock_timestamp(), gone_by = ${by}, leader = false
    from seen where i.id = seen.id returning i.id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Deletes rows of instances that have been gone for so long. */
export async function deleteLongGone(tx: Tx, keptMs: number): Promise<void> {
  await sql`/* cluster.deleteLongGone */
    delete from cluster_instance
    where state = 'gone' and gone_at < clock_timestamp() - ${keptMs}::int * interval '1 millisecond'`.execute(tx);
}

export async function deleteInstance(tx: Tx, id: string): Promise<void> {
  await sql`/* cluster.deleteInstance */ delete from cluster_instance where id = ${id}`.execute(tx);
}
