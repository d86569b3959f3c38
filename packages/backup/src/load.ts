import type { Backup } from "./archive/read-archive.ts";
import { listTables } from "./database/catalog.ts";
import { inTransaction, settle, withClient } from "./database/connection.ts";
import { compareTables, digestTable } from "./database/digests.ts";
import { compareHistories, readHistory } from "./database/history.ts";
import { loadDump } from "./dump/dump.ts";
import { findRestore } from "./dump/programs.ts";
import { loadTables } from "./export/load-tables.ts";
import type { TableRecord } from "./manifest.ts";
import type { BackupContext } from "./options.ts";
import { migrateToHistory } from "./schema-files.ts";

const LOCK_TIMEOUT_MS = 10_000;

/** Loads a backup into an empty database: the dump by pg_restore, the export by this build's migrations and COPY. */
export async function loadBackup(
  { directory, manifest }: Backup,
  connectionString: string,
  { components, programs, signal }: BackupContext,
): Promise<void> {
  if (manifest.kind === "dump") {
    const program = await findRestore(manifest.server.major, programs);
    return loadDump(program, connectionString, directory, signal);
  }
  await migrateToHistory(connectionString, manifest, components);
  signal?.throwIfAborted();
  const { tables, sequences } = manifest;
  await withClient(connectionString, (client) => loadTables(client, { directory, tables, sequences, signal }));
}

/** What differs between a backup and the database it was loaded into, in words: migrations, tables, rows, content. */
export async function compareWithDatabase(
  { manifest }: Backup,
  connectionString: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  return withClient(connectionString, (client) =>
    inTransaction(client, async () => {
      await settle(client, LOCK_TIMEOUT_MS);
      const problems = compareHistories(manifest.history, await readHistory(client));
      const found: TableRecord[] = [];
      for (const table of await listTables(client)) {
        signal?.throwIfAborted();
        found.push(await digestTable(client, table));
      }
      return [...problems, ...compareTables(manifest.tables, found)];
    }),
  );
}
