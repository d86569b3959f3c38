import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** Instances that have beaten within their lapse time; none where there is no registry. */
export async function livingInstances(db: Db): Promise<string[]> {
  const { rows: found } = await sql<{ exists: boolean }>`/* cluster.hasRegistry */
    select to_regclass('public.cluster_instance') is not null as exists`.execute(db);
  if (found[0]?.exists !== true) return [];
  const { rows } = await sql<{ id: string }>`/* cluster.livingInstances */
    select id from cluster_instance
    where state <> 'gone' and heartbeat_at > clock_timestamp() - heartbeat_lapse_ms * interval '1 millisecond'
    order by id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Empties the registry of a database that was just restored: its instances are of another time. */
export async function forgetInstances(tx: Tx): Promise<void> {
  await sql`/* cluster.forgetInstances */ delete from cluster_instance`.execute(tx);
}
