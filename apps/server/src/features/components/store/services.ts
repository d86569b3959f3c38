import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { NewService } from "../service-rows.ts";

/** Content hashes of a project's services by key; null for one that was changed by hand. */
export async function serviceHashesOf(db: Db, projectId: number): Promise<Map<string, number | null>> {
  const { rows } = await sql<{ key: string; hash: number | null }>`/* components.serviceHashes */
    select key, content_hash as hash from service where project_id = ${projectId}`.execute(db);
  return new Map(rows.map(({ key, hash }) => [key, hash]));
}

/** Adds services and changes those that are there; UUID, first sight and notes stay. Rows come in key order. */
export async function upsertServices(tx: Tx, projectId: number, services: readonly NewService[]): Promise<void> {
  const rows = services.map(({ key: k, group: g, name: n, version: v, contentHash: h, detail: d }) => ({
    ...{ k, g, n, v, h, d },
  }));
  await sql`/* components.upsertServices */
    insert into service (project_id, key, group_name, name, version, content_hash, detail)
    select ${projectId}::int, k, g, n, v, h, d
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(k uuid, g text, n text, v text, h bigint, d jsonb)
    order by k
    on conflict (project_id, key) do update set content_hash = excluded.content_hash,
      detail = excluded.detail || case when service.detail ? 'notes' then jsonb_build_object('notes', service.detail -> 'notes')
        else '{}' end`.execute(tx);
}

/** Adds a service somebody made by hand; its UUID, undefined when the project has it already. */
export async function insertService(tx: Tx, projectId: number, service: NewService): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`/* components.insertService */
    insert into service (project_id, key, group_name, name, version, content_hash, detail)
    values (${projectId}, ${service.key}, ${service.group ?? null}, ${service.name}, ${service.version ?? null},
      ${service.contentHash}, ${JSON.stringify(service.detail)}::jsonb)
    on conflict (project_id, key) do nothing returning uuid`.execute(tx);
  return rows[0]?.uuid;
}

/** Makes a service what somebody wants it to be. */
export async function changeService(tx: Tx, uuid: string, service: NewService): Promise<void> {
  await sql`/* components.changeService */
    update service set key = ${service.key}, group_name = ${service.group ?? null}, name = ${service.name},
      version = ${service.version ?? null}, content_hash = ${service.contentHash},
      detail = ${JSON.stringify(service.detail)}::jsonb
    where uuid = ${uuid}`.execute(tx);
}

/** UUID of the service with this key in a project. */
export async function serviceWithKey(tx: Tx, projectId: number, key: string): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`/* components.serviceWithKey */
    select uuid from service where project_id = ${projectId} and key = ${key}`.execute(tx);
  return rows[0]?.uuid;
}

/** Removes services of a project by key. */
export async function removeServices(tx: Tx, projectId: number, keys: readonly string[]): Promise<void> {
  await sql`/* components.removeServices */
    delete from service where project_id = ${projectId} and key = any(${[...keys]}::uuid[])`.execute(tx);
}

/** Removes up to `limit` services of a project; returns how many. */
export async function removeSomeServices(tx: Tx, projectId: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`/* components.removeSomeServices */
    delete from service where project_id = ${projectId} and key = any(array(
      select key from service where project_id = ${projectId} order by key limit ${limit}))`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
