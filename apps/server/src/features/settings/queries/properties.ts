import type { Database } from "../../../platform/db/index.ts";
import { PlainError } from "../../../platform/http/index.ts";
import { findDeclared } from "../rules/declared-properties.ts";
import type { Settings } from "../settings.ts";
import { listProperties, type PropertyRow } from "../store/properties.ts";

/** Every property, for those who may configure. */
export async function allProperties(database: Database) {
  return (await listProperties(database.db)).map(presentProperty);
}

/** A property anybody (`public`) or any principal (`internal`) may read; 403 for others, 404 for unknown ones. */
export async function readableProperty(
  settings: Settings,
  visibility: "public" | "internal",
  group: string,
  name: string,
) {
  const declared = findDeclared(group, name);
  if (declared === undefined) throw new PlainError(404, "The config property could not be found.");
  const readableHere =
    declared.visibility === "PUBLIC" || (visibility === "internal" && declared.visibility === "INTERNAL");
  if (!readableHere) throw new PlainError(403);
  return {
    groupName: declared.group,
    propertyName: declared.name,
    propertyType: declared.type,
    propertyValue: (await settings.get(group, name)) ?? undefined,
    description: declared.meaning,
  };
}

/** A property as v1 shows it. */
export function presentProperty(row: PropertyRow) {
  return {
    groupName: row.group_name,
    propertyName: row.property_name,
    propertyType: row.property_type,
    propertyValue: row.property_value ?? undefined,
    description: row.description ?? undefined,
  };
}
