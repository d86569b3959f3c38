import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { DeclaredProperty } from "../rules/declared-properties.ts";

export interface PropertyRow {
  group_name: string;
  property_name: string;
  property_type: string;
  property_value: string | null;
  description: string | null;
}

/** Adds properties that are missing; present values stay. */
export async function insertMissingProperties(tx: Tx, declared: readonly DeclaredProperty[]): Promise<void> {
  await sql`/* settings.insertMissing */
    insert into config_property (group_name, property_name, property_type, property_value, description)
    select "group", name, type, value, meaning
    from jsonb_to_recordset(${JSON.stringify(declared)}::jsonb) as p("group" text, name text, type text, value text, meaning text)
    order by "group", name on conflict do nothing`.execute(tx);
}

export async function listProperties(db: Db): Promise<PropertyRow[]> {
  const { rows } = await sql<PropertyRow>`/* settings.list */
    select group_name, property_name, property_type, property_value, description
    from config_property order by group_name, property_name`.execute(db);
  return rows;
}

/** The changed row, or undefined when there is no such property. */
export async function updateProperty(
  tx: Tx,
  group: string,
  name: string,
  value: string | null,
): Promise<PropertyRow | undefined> {
  const { rows } = await sql<PropertyRow>`/* settings.update */
    update config_property set property_value = ${value} where group_name = ${group} and property_name = ${name}
    returning group_name, property_name, property_type, property_value, description`.execute(tx);
  return rows[0];
}
