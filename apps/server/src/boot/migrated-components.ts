import { join } from "node:path";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import type { Config } from "../platform/config/index.ts";
import { dataSourceSettings } from "../platform/db/index.ts";
import { initTaskProperties } from "./properties.ts";

/** Schema migrations of the product. */
export const appMigrationsDirectory = join(import.meta.dirname, "../../migrations");

const APPLICATION_NAME = "evertrack-init";

/** A part of the schema with a history of its own. */
export interface MigratedComponent {
  readonly component: "app" | "engine";
  readonly directory: string;
  /** Of the data source its migrations use; that role owns its tables. */
  readonly connectionString: string;
}

/** The product's schema and the engine's, in the order they are migrated. */
export function migratedComponents(config: Config): readonly [MigratedComponent, MigratedComponent] {
  const name = config.get(initTaskProperties.dataSource);
  const engineName = config.find(initTaskProperties.engineDataSource) ?? name;
  return [
    {
      component: "app",
      directory: appMigrationsDirectory,
      connectionString: dataSourceSettings(config, name, APPLICATION_NAME).url,
    },
    {
      component: "engine",
      directory: engineMigrationsDirectory,
      connectionString: dataSourceSettings(config, engineName, APPLICATION_NAME).url,
    },
  ];
}
