import type { Database } from "../../platform/db/index.ts";
import { DECLARED_PROPERTIES } from "./rules/declared-properties.ts";
import { configPropertyRoutes } from "./routes/v1/config-property.ts";
import { Settings } from "./settings.ts";
import { insertMissingProperties } from "./store/properties.ts";

export { Settings } from "./settings.ts";

/** Run-time settings and the routes that change them. */
export function settingsFeature({ database }: { database: Database }) {
  const settings = new Settings(database);
  return { settings, routes: configPropertyRoutes({ database, settings }) };
}

/** Inserts declared properties that are missing. */
export async function seedSettings(database: Database): Promise<void> {
  await database.transaction((tx) => insertMissingProperties(tx, DECLARED_PROPERTIES));
}
