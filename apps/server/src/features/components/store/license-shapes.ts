import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** The primary key of a component, where a walk over all of them stands. */
export interface ComponentKey {
  projectId: number;
  identityId: number;
}

/** The next components whose licence is only in their texts, at most `limit`, in key order. */
export async function nextPendingComponents(db: Db, after: ComponentKey, limit: number): Promise<ComponentKey[]> {
  const { rows } = await sql<ComponentKey>`/* components.nextPendingComponents */
    select project_id as "projectId", identity_id as "identityId" from component
    where license_id is null and (project_id, identity_id) > (${after.projectId}::int, ${after.identityId}::int)
    order by project_id, identity_id limit ${limit}`.execute(db);
  return rows;
}

/** Stores what these components say of their licences, unless it is stored already. Rows come in key order. */
export async function storeLicensesOf(tx: Tx, keys: readonly ComponentKey[]): Promise<void> {
  await sql`/* components.storeLicensesOf */
    insert into component_license (key, name, expression, url)
    select said.key, said.license, said.license_expression, said.license_url from (
      select distinct on (key) component_license_key(c.license, c.license_expression, c.license_url) as key,
        c.license, c.license_expression, c.license_url
      from component c join ${keysOf(keys)} on c.project_id = k.p and c.identity_id = k.i
      where c.license_id is null order by key) as said
    where not exists (select 1 from component_license l where l.key = said.key)
    order by said.key on conflict (key) do nothing`.execute(tx);
}

/**
 * Refers these components to what they say. One that an import holds is left to a later pass: waiting for it could be a deadlock.
 * One whose texts change meanwhile is judged by what they become.
 */
export async function referToLicenses(tx: Tx, keys: readonly ComponentKey[]): Promise<void> {
  await sql`/* components.referToLicenses */
    with free as materialized (
      select c.project_id, c.identity_id, component_license_key(c.license, c.license_expression, c.license_url) as key
      from component c join ${keysOf(keys)} on c.project_id = k.p and c.identity_id = k.i
      where c.license_id is null for no key update of c skip locked)
    update component c set license_id = l.id from free join component_license l on l.key = free.key
    where c.project_id = free.project_id and c.identity_id = free.identity_id`.execute(tx);
}

function keysOf(keys: readonly ComponentKey[]) {
  const projects = keys.map(({ projectId }) => projectId);
  const identities = keys.map(({ identityId }) => identityId);
  return sql`unnest(${projects}::int[], ${identities}::int[]) as k(p, i)`;
}

/** How many components have their licence only in their texts. */
export async function countPendingComponents(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`/* components.countPending */
    select count(*)::int as n from component where license_id is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** About how many those are. */
export async function estimatePendingComponents(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`/* components.estimatePending */
    select greatest(reltuples, 0)::int as n from pg_class where oid = to_regclass('component_license_pending')`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
