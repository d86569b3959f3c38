import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { ComponentKey } from "./component-risk.ts";
import { keysOf } from "./pending-components.ts";

/** Stores the details of these components, unless they are stored already. Rows come in key order. */
export async function storeDetailsOf(tx: Tx, keys: readonly ComponentKey[]): Promise<void> {
  await sql`/* components.storeDetailsOf */
    insert into component_detail (key, content)
    select said.key, coalesce(said.detail, '{}') from (
      select distinct on (key) component_detail_key(c.detail) as key, c.detail
      from component c join ${keysOf(keys)} on c.project_id = k.p and c.identity_id = k.i
      where c.detail_id is null order by key) as said
    where not exists (select 1 from component_detail d where d.key = said.key)
    order by said.key on conflict (key) do nothing`.execute(tx);
}

/** Refers these components to their details; see referToLicenses. */
export async function referToDetails(tx: Tx, keys: readonly ComponentKey[]): Promise<void> {
  await sql`/* components.referToDetails */
    with free as materialized (
      select c.project_id, c.identity_id, component_detail_key(c.detail) as key
      from component c join ${keysOf(keys)} on c.project_id = k.p and c.identity_id = k.i
      where c.detail_id is null for no key update of c skip locked)
    update component c set detail_id = d.id from free join component_detail d on d.key = free.key
    where c.project_id = free.project_id and c.identity_id = free.identity_id`.execute(tx);
}
