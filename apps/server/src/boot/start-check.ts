import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { readMigrationFiles } from "@evertrack/migrator";
import { checkBeforeStart, JoinRefusedError } from "../features/cluster/index.ts";
import type { Config } from "../platform/config/index.ts";
import { Database, dataSourceSettings } from "../platform/db/index.ts";
import type { Log } from "../platform/log/log.ts";
import { appMigrationsDirectory } from "./init-tasks.ts";
import { initTaskProperties } from "./properties.ts";

const CONNECTIONS_MAX = 2;

/**
 * Asks whether this version may run in the cluster at all, by the data source of the init tasks; an instance that leaves those to
 * others asks by its own. Throws JoinRefusedError before anything is touched. `fresh`: nobody but this version's own, unfinished
 * installation ever touched the database.
 */
export async function checkStart(
  config: Config,
  log: Log,
  build: { version: string; minBesideVersion: string },
): Promise<{ fresh: boolean }> {
  const name = config.get(initTaskProperties.enabled) ? config.get(initTaskProperties.dataSource) : "default";
  const settings = dataSourceSettings(config, name, "evertrack-init");
  const database = new Database({ ...settings, poolSizeMax: CONNECTIONS_MAX }, log);
  try {
    return await checkBeforeStart(database.db, { ...build, contracts: await ownContracts() });
  } catch (error) {
    if (!(error instanceof JoinRefusedError))
      log.fatal({ err: error }, "the database could not be asked whether this version may run; nothing was started");
    throw error;
  } finally {
    await database.close();
  }
}

/** From the files themselves, as the migrator sees them. */
async function ownContracts(): Promise<string[]> {
  const directories = { app: appMigrationsDirectory, engine: engineMigrationsDirectory };
  const perComponent = Object.entries(directories).map(async ([component, directory]) =>
    (await readMigrationFiles(directory))
      .filter(({ phase }) => phase === "contract")
      .map(({ id }) => `${component}/${id}`),
  );
  return (await Promise.all(perComponent)).flat();
}
