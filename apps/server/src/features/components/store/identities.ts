import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { InventoryRow } from "../inventory.ts";

/** An identity that exists; `orphaned` = no component had it when that was last looked at. */
export interface KnownIdentity {
  id: number;
  key: string;
  orphaned: boolean;
}

/** Those of the keys that exist. */
export async function findIdentities(db: Db, keys: readonly string[]): Promise<KnownIdentity[]> {
  const { rows } = await sql<KnownIdentity>`/* components.findIdentities */
    select id, key, orphaned_since is not null as orphaned from component_identity
    where key = any(${[...keys]}::uuid[])`.execute(db);
  return rows;
}

/** Inserts identities, leaving those that another import inserts at the same time. Rows come in key order. */
export async function insertIdentities(tx: Tx, rows: readonly InventoryRow[]): Promise<void> {
  await sql`/* components.insertIdentities */
    insert into component_identity
      (key, group_name, name, version, purl, purl_coordinates, purl_type, cpe, swid_tag_id, scope, package_key)
    select k, g, n, v, p, pc, pt, c, s, sc, pk
    from jsonb_to_recordset(${JSON.stringify(rows.map(short))}::jsonb)
      as r(k uuid, g text, n text, v text, p text, pc text, pt text, c text, s text, sc text, pk text)
    order by k on conflict (key) do nothing`.execute(tx);
}

function short(row: InventoryRow) {
  return {
    k: row.key,
    g: row.group,
    n: row.name,
    v: row.version,
    p: row.purl,
    pc: row.purlCoordinates,
    pt: row.purlType,
    c: row.cpe,
    s: row.swidTagId,
    sc: row.scope,
    pk: row.packageKey,
  };
}

/** Keeps identities that were about to be removed. Locks them in id order. */
export async function reviveIdentities(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`/* components.reviveIdentities */
    with kept as materialized (select id from component_identity where id = any(${[...ids]}::int[]) order by id for no key update)
    update component_identity i set orphaned_since = null from kept where i.id = kept.id`.execute(tx);
}

/**
 * Looks at the next identities by id: marks those without a component, unmarks those with one. Returns the last id looked
 * at, null at the end.
 */
export async function markOrphans(tx: Tx, afterId: number, limit: number): Promise<number | null> {
  const { rows } = await sql<{ last: number | null }>`/* components.markOrphans */
    with page as materialized (
      select id, orphaned_since is not null as marked from component_identity where id > ${afterId} order by id limit ${limit}),
    judged as materialized (
      select id from page where marked = exists (select 1 from component c where c.identity_id = page.id)),
    changed as (
      update component_identity i set orphaned_since = case when i.orphaned_since is null then now() end
      from judged where i.id = judged.id)
    select max(id) as last from page`.execute(tx);
  return rows[0]?.last ?? null;
}

/** Locks the next identities that have been orphaned for `days`; those an import holds are left. */
export async function lockOldOrphans(tx: Tx, afterId: number, days: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* components.lockOldOrphans */
    select id from component_identity
    where orphaned_since < now() - ${days} * interval '1 day' and id > ${afterId}
    order by id limit ${limit} for update skip locked`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Deletes locked orphans that still have no component. */
export async function deleteOrphans(tx: Tx, ids: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`/* components.deleteOrphans */
    delete from component_identity i where i.id = any(${[...ids]}::int[])
      and not exists (select 1 from component c where c.identity_id = i.id)`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
