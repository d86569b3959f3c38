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
