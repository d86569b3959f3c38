import type { Database } from "../../../platform/db/index.ts";
import { PlainError } from "../../../platform/http/index.ts";
import { findDeclared, whyInvalid } from "../rules/declared-properties.ts";
import type { Settings } from "../settings.ts";
import { type PropertyRow, updateProperty } from "../store/properties.ts";

export interface SettingsDeps {
  database: Database;
  settings: Settings;
}

interface PropertyUpdate {
  groupName: string;
  propertyName: string;
  propertyValue?: string | null | undefined;
}

/** Sets a declared property. 404 for unknown ones, 400 with the reason for values that cannot be. */
export async function setProperty({ database, settings }: SettingsDeps, update: PropertyUpdate): Promise<PropertyRow> {
  const declared = findDeclared(update.groupName, update.propertyName);
  if (declared === undefined) throw new PlainError(404, "The config property could not be found.");
  const value = update.propertyValue?.trim() ?? null;
  const reason = whyInvalid(declared, value);
  if (reason !== undefined) throw new PlainError(400, reason);
  const row = await database.transaction((tx) =>
    updateProperty(tx, declared.group, declared.name, value === "" ? null : value),
  );
  settings.forget();
  if (row === undefined) throw new PlainError(404, "The config property could not be found.");
  return row;
}
