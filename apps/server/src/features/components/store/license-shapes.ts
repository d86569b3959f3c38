import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { ComponentKey } from "./component-risk.ts";
import { keysOf } from "./pending-components.ts";

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
