import type { Database } from "../../platform/db/index.ts";
import { type Extension, ExtensionRegistry } from "./extensions.ts";
import { configPropertyRoutes } from "./routes/v1/config-property.ts";
import { extensionPointRoutes } from "./routes/v2/extension-points.ts";
import { DECLARED_PROPERTIES } from "./rules/declared-properties.ts";
import { Settings } from "./settings.ts";
import { insertMissingProperties } from "./store/properties.ts";

export type { Extension } from "./extensions.ts";
export { extensionConfig } from "./queries/extension-config.ts";
export { readSetting } from "./queries/read-setting.ts";
export { Settings } from "./settings.ts";
export { extensionStateAges, readExtensionState, writeExtensionState } from "./store/extensions.ts";

interface SettingsDeps {
  database: Database;
  /** Those of all features. */
  extensions?: readonly Extension[];
}

/** Run-time settings, the configuration of extensions, and the routes that change both. */
export function settingsFeature({ database, extensions = [] }: SettingsDeps) {
  const settings = new Settings(database);
  return {
    settings,
    routes: [
      ...configPropertyRoutes({ database, settings }),
      ...extensionPointRoutes(database, new ExtensionRegistry(extensions)),
    ],
  };
}

/** Inserts declared properties that are missing. */
export async function seedSettings(database: Database): Promise<void> {
  await database.transaction((tx) => insertMissingProperties(tx, DECLARED_PROPERTIES));
}
