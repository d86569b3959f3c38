import { hostname, userInfo } from "node:os";
import type { AttachmentSource, BackupContext } from "@evertrack/backup";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { FILES_IN_USE } from "../../../features/ingestion/index.ts";
import { Database, type DataSourceSettings, dataSourceSettings } from "../../../platform/db/index.ts";
import { fileProperties } from "../../../platform/files/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import { backupProperties } from "../../backup-properties.ts";
import { appMigrationsDirectory } from "../../init-tasks.ts";
import { initTaskProperties } from "../../properties.ts";
import type { WordContext } from "../word.ts";

const APPLICATION_NAME = "evertrack-backup";

/** Everything the configuration says of backups. */
export interface BackupSite {
  readonly context: BackupContext;
  readonly settings: DataSourceSettings;
  /** Where backups are kept. */
  readonly directory: string;
  /** Uploads that are waiting to be imported belong to the database as much as its rows. */
  readonly attachments: AttachmentSource;
}

export function backupSite({ config, log }: WordContext, signal: AbortSignal): BackupSite {
  const settings = dataSourceSettings(config, config.get(initTaskProperties.dataSource), APPLICATION_NAME);
  const components = [
    { component: "app", directory: appMigrationsDirectory },
    { component: "engine", directory: engineMigrationsDirectory },
  ];
  return {
    settings,
    directory: config.get(backupProperties.directory),
    attachments: { root: config.get(fileProperties.directory), statement: FILES_IN_USE },
    context: {
      connectionString: settings.url,
      components,
      programs: config.find(backupProperties.programs),
      log: (message) => log.info(message),
      signal,
    },
  };
}

/** Opens the database for a piece of work. */
export async function withDatabase<T>(
  { settings }: BackupSite,
  log: Log,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = new Database(settings, log);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Who runs this, for the record. */
export function whoami(): string {
  return `${userName()}@${hostname()}`;
}

/** A container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
