import { MigrationError, migrate } from "@evertrack/migrator";
import type { Config } from "../platform/config/index.ts";
import { Database, dataSourceSettings } from "../platform/db/index.ts";
import type { InitTaskProgress } from "../platform/health/index.ts";
import type { Log } from "../platform/log/log.ts";
import { type MigratedComponent, migratedComponents } from "./migrated-components.ts";
import { initTaskProperties } from "./properties.ts";
import { VERSION } from "./version.ts";

export { appMigrationsDirectory } from "./migrated-components.ts";

interface InitTask {
  name: string;
  enabled: boolean;
  run(): Promise<void>;
}

interface InitTaskContext {
  config: Config;
  log: Log;
  progress: InitTaskProgress;
  /** Nobody ever used the database, so nobody needs what contract migrations take away. */
  fresh: boolean;
  /** Inserts missing defaults; given a database opened with the init tasks' own data source. */
  seed(database: Database): Promise<void>;
}

/**
 * Runs the init tasks in order: product schema, engine schema, defaults. They use a data source of their own, so that a
 * process with other credentials and a direct connection may run them. The first failure ends the start.
 */
export async function runInitTasks(context: InitTaskContext): Promise<void> {
  const { config, progress, log } = context;
  if (!config.get(initTaskProperties.enabled)) return progress.finish();
  const tasks = initTasks(context);
  for (const task of tasks) progress.note(task.name, task.enabled ? "PENDING" : "DISABLED");
  for (const task of tasks.filter(({ enabled }) => enabled)) {
    progress.note(task.name, "STARTED");
    try {
      await task.run();
    } catch (error) {
      progress.note(task.name, "FAILED");
      log.fatal({ err: error, task: task.name, ...explanationOf(error) }, "init task failed; nothing was started");
      throw error;
    }
    progress.note(task.name, "COMPLETED");
  }
  progress.finish();
}

function initTasks({ config, log, fresh, seed }: InitTaskContext): InitTask[] {
  const settings = dataSourceSettings(config, config.get(initTaskProperties.dataSource), "evertrack-init");
  const [app, engine] = migratedComponents(config);
  const migrateComponent = (migrated: MigratedComponent) => async () => {
    const { component } = migrated;
    for (const phase of fresh ? (["expand", "contract"] as const) : (["expand"] as const))
      await migrate({ ...migrated, version: VERSION, phase, log: (message) => log.info({ component }, message) });
  };
  return [
    {
      name: "database-migration",
      enabled: config.get(initTaskProperties.databaseMigration),
      run: migrateComponent(app),
    },
    {
      name: "dex-engine-database-migration",
      enabled: config.get(initTaskProperties.engineMigration),
      run: migrateComponent(engine),
    },
    {
      name: "database-seeding",
      enabled: config.get(initTaskProperties.seeding),
      async run() {
        const database = new Database(settings, log);
        try {
          await seed(database);
        } finally {
          await database.close();
        }
      },
    },
  ];
}

/** Which statement of which file, why, and what to do, for whoever reads the log. */
function explanationOf(error: unknown): object {
  if (!(error instanceof MigrationError)) return {};
  const { code, message: reason, place, cure } = error;
  return { code, reason, ...place, cure };
}
