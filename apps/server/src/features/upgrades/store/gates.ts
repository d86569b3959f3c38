import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** A gate that was opened. */
export interface OpenGate {
  name: string;
  release: string;
  /** Of the cluster when it was opened. */
  epoch: number;
  openedAt: Date;
}

export async function listOpenGates(db: Db): Promise<OpenGate[]> {
  const { rows } = await sql<OpenGate>`/* upgrades.listOpenGates */
    select name, release, epoch, opened_at as "openedAt" from cluster_gate order by release, name`.execute(db);
  return rows;
}

/** Opens gates; those that are open stay as they were. */
export async function openGates(
  tx: Tx,
  gates: readonly { name: string; release: string }[],
  epoch: number,
): Promise<void> {
  await sql`/* upgrades.openGates */
    insert into cluster_gate (name, release, epoch)
    select name, release, ${epoch} from jsonb_to_recordset(${JSON.stringify(gates)}::jsonb) as g(name text, release text)
    order by name on conflict (name) do nothing`.execute(tx);
}

/** Runs that have not ended and remember one of these gates as closed. */
export async function countRunsBehind(db: Db, gates: readonly string[]): Promise<number> {
  const steps = gates.map((name) => `gate:${name}`);
  const { rows } = await sql<{ runs: number }>`/* upgrades.countRunsBehind */
    select count(distinct r.id)::int as runs from wf_run r join wf_step s on s.run_id = r.id
    where r.status in ('CREATED', 'RUNNING', 'SUSPENDED') and s.name = any(${steps}) and s.output = 'false'::jsonb`.execute(
    db,
  );
  return rows[0]?.runs ?? 0;
}
