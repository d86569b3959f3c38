import { placeAttachments } from "./archive/attachments.ts";
import { type Backup, checkFiles, readBackup } from "./archive/read-archive.ts";
import { BackupError } from "./backup-error.ts";
import { readServer } from "./database/catalog.ts";
import { sqlStateOf, withClient } from "./database/connection.ts";
import { emptySchema, isEmpty } from "./database/emptying.ts";
import { compareWithDatabase, loadBackup } from "./load.ts";
import type { BackupContext } from "./options.ts";
import { requireKnownHistory, requireWayForward } from "./schema-files.ts";
import { requireServer } from "./verify.ts";

const UNKNOWN_DATABASE = "3D000";

/** What to restore into the database of the context. */
export interface RestoreOptions extends BackupContext {
  readonly backup: string;
  /** Of this build: it has to bring the schema up to date afterwards. */
  readonly version: string;
  /** Why this build does not take over from the version a backup was taken with; undefined when it does. */
  refusalOf?(takenWith: string): string | undefined;
  /** Drops what the database holds; otherwise it must be empty. */
  readonly force: boolean;
  /** Where attachments go. */
  readonly attachmentsRoot: string;
}

/** What was restored. */
export interface RestoredBackup extends Backup {
  readonly attachmentsPlaced: number;
}

/**
 * Restores a backup and compares the result with it. Every check that needs no change comes first: bytes, build, way forward, server, emptiness.
 * Throws BackupError. A restore that failed half-way is begun again, with `force`.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoredBackup> {
  const { connectionString, log, signal } = options;
  const backup = await readBackup(options.backup);
  await checkFiles(backup);
  await requireKnownHistory(backup.manifest, options.components);
  await requireWayForward(backup.manifest, options);
  await makeEmpty(backup, options);
  await loadBackup(backup, connectionString, options);
  const problems = await compareWithDatabase(backup, connectionString, signal);
  if (problems.length > 0)
    throw new BackupError("failed", `the restored database differs from the backup: ${problems.join("; ")}`);
  const attachmentsPlaced = await placeAttachments(
    backup.directory,
    backup.manifest.attachments,
    options.attachmentsRoot,
  );
  log("restored; gathering the planner's statistics");
  await withClient(connectionString, (client) => client.query("analyze"));
  return { ...backup, attachmentsPlaced };
}

async function makeEmpty({ manifest }: Backup, { connectionString, force, log }: RestoreOptions): Promise<void> {
  try {
    await withClient(connectionString, async (client) => {
      requireServer(manifest.server.major, (await readServer(client)).major);
      if (await isEmpty(client)) return;
      if (!force) throw new BackupError("refused", "the database is not empty; --force drops what it holds");
      log("dropping what the database holds");
      await emptySchema(client);
    });
  } catch (error) {
    if (sqlStateOf(error) !== UNKNOWN_DATABASE) throw error;
    throw new BackupError("refused", "the database does not exist: create it, empty, and restore again", {
      cause: error,
    });
  }
}
