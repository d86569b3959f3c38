import type { Db } from "../../../platform/db/index.ts";
import { findDeclared } from "../rules/declared-properties.ts";
import { listProperties } from "../store/properties.ts";

/** Value of a declared property as it is now, or its default; null when unset. Throws for names nobody declared. */
export async function readSetting(db: Db, group: string, name: string): Promise<string | null> {
  const declared = findDeclared(group, name);
  if (declared === undefined) throw new Error(`setting ${group}/${name} is not declared`);
  const rows = await listProperties(db);
  return rows.find((row) => row.group_name === group && row.property_name === name)?.property_value ?? declared.value;
}
