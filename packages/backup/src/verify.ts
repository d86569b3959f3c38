/**
 * The proof of a backup: every byte compared with its checksum → restored into a scratch database of the server → migrations, tables,
 * rows and content compared with what was counted when it was taken → the scratch database dropped. The database it was taken of
 * is not needed for that; any server of the same or a later version does.
 */
import { type Backup, checkFiles, readBackup } from "./archive/read-archive.ts";
import { BackupError } from "./backup-error.ts";
import { readServer } from "./database/catalog.ts";
import { withClient } from "./database/connection.ts";
import { withScratchDatabase } from "./database/scratch.ts";
import { requireRoomForScratch } from "./database/space.ts";
import { compareWithDatabase, loadBackup } from "./load.ts";
import type { BackupContext } from "./options.ts";
import { requireKnownHistory } from "./schema-files.ts";

/** What a verification found. */
export interface Verdict {
  readonly passed: boolean;
  /** In words; empty when it passed. */
  readonly problems: readonly string[];
  readonly durationMs: number;
  readonly backup: Backup;
}

/**
 * Verifies a backup. A damaged one, or one that cannot be loaded, is a verdict; throws BackupError when it could not be
 * verified: wrong build or server, no room, no rights.
 */
export async function verifyBackup(path: string, context: BackupContext): Promise<Verdict> {
  const start = performance.now();
  const backup = await readBackup(path);
  const problems = await problemsOf(backup, context);
  const durationMs = Math.round(performance.now() - start);
  return { passed: problems.length === 0, problems, durationMs, backup };
}

async function problemsOf(backup: Backup, context: BackupContext): Promise<string[]> {
  const { manifest } = backup;
  try {
    await checkFiles(backup);
  } catch (error) {
    if (error instanceof BackupError && error.code === "damaged") return [error.message];
    throw error;
  }
  await requireFitting(backup, context);
  return withScratchDatabase(context.connectionString, manifest.server.encoding, context.log, async (scratchUrl) => {
    try {
      await loadBackup(backup, scratchUrl, context);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof BackupError && error.code !== "failed") throw error;
      return [`it cannot be restored: ${error instanceof Error ? error.message : String(error)}`];
    }
    return compareWithDatabase(backup, scratchUrl, context.signal);
  });
}

async function requireFitting({ manifest }: Backup, context: BackupContext): Promise<void> {
  await requireKnownHistory(manifest, context.components);
  await withClient(context.connectionString, async (client) => {
    const { major } = await readServer(client);
    requireServer(manifest.server.major, major);
    await requireRoomForScratch(client, context.connectionString, manifest.server.databaseBytes);
  });
}

/** Throws BackupError `refused` for a server that is older than the one the backup was taken of. */
export function requireServer(backupMajor: number, serverMajor: number): void {
  if (serverMajor < backupMajor)
    throw new BackupError(
      "refused",
      `the backup is of PostgreSQL ${backupMajor}; this server is ${serverMajor}, it must not be older`,
    );
}
