/**
 * The walk of a backup:
 *
 *   room? program there? → files under a hidden name → one snapshot → rows written, and counted over a second connection
 *     → manifest, checksums → everything synchronised → renamed: only now there is a backup
 */
import { randomUUID } from "node:crypto";
import { type AttachmentSource, Gathering } from "./archive/attachments.ts";
import { bytesOf } from "./archive/read-archive.ts";
import { type BeingWritten, beginArchive } from "./archive/write-archive.ts";
import { explainFull } from "./backup-error.ts";
import { readSequences, readServer, type ServerFacts } from "./database/catalog.ts";
import { disconnect, withClient } from "./database/connection.ts";
import { digestTable } from "./database/digests.ts";
import { readHistory } from "./database/history.ts";
import { joinSnapshot, openSnapshot, type Snapshot } from "./database/snapshot.ts";
import { requireRoomForBackup } from "./database/space.ts";
import { writeDump } from "./dump/dump.ts";
import { findDump, type Program } from "./dump/programs.ts";
import { writeTables } from "./export/write-tables.ts";
import type { BackupKind, BackupManifest, FileRecord, TableRecord } from "./manifest.ts";
import type { BackupContext } from "./options.ts";
import { requireKnownHistory } from "./schema-files.ts";

/** What to back up, and to where. */
export interface TakeOptions extends BackupContext {
  readonly kind: BackupKind;
  /** Backups are directories in here; made when missing. */
  readonly directory: string;
  readonly version: string;
  readonly takenBy: string;
  readonly attachments?: AttachmentSource | undefined;
}

/** A backup that was just taken. */
export interface TakenBackup {
  readonly directory: string;
  readonly manifest: BackupManifest;
  readonly bytes: number;
}

/** Takes a backup while everything goes on. Throws BackupError; then nothing is left behind. */
export async function takeBackup(options: TakeOptions): Promise<TakenBackup> {
  const { directory, kind, version, log } = options;
  const server = await withClient(options.connectionString, async (client) => {
    await requireKnownHistory({ history: await readHistory(client) }, options.components);
    await requireRoomForBackup(client, directory);
    return readServer(client);
  });
  const program = kind === "dump" ? await findDump(server.major, options.programs) : undefined;
  const archive = await beginArchive(directory, version, new Date());
  try {
    const manifest = await fill(archive, options, server, program);
    options.signal?.throwIfAborted();
    const path = await archive.finish(manifest);
    log(`took the ${kind} ${path}`);
    return { directory: path, manifest, bytes: bytesOf(manifest) };
  } catch (error) {
    await archive.discard();
    throw explainFull(error, directory);
  }
}

async function fill(
  { directory }: BeingWritten,
  options: TakeOptions,
  server: ServerFacts,
  program: Program | undefined,
): Promise<BackupManifest> {
  const { attachments: source, connectionString, signal } = options;
  const gathering = source === undefined ? undefined : new Gathering(source, directory);
  const snapshot = await openSnapshot(connectionString, async (client) => (await gathering?.gather(client)) ?? true);
  try {
    const write =
      program === undefined
        ? writeTables(snapshot.client, snapshot.tables, directory, signal)
        : writeDump(program, connectionString, snapshot.id, directory, signal).then((file) => [file]);
    const [files, tables] = await bothEnded(write, digestAll(snapshot, options));
    const sequences = await readSequences(snapshot.client);
    const { files: attached, attachments, lost } = (await gathering?.finish()) ?? NO_ATTACHMENTS;
    return {
      format: 1,
      id: randomUUID(),
      kind: options.kind,
      takenAt: snapshot.takenAt.toISOString(),
      takenBy: options.takenBy,
      version: options.version,
      server,
      history: [...snapshot.history],
      tables,
      sequences,
      attachments,
      attachmentsLost: lost,
      files: [...files, ...attached],
    };
  } finally {
    await snapshot.close();
  }
}

const NO_ATTACHMENTS = { files: [], attachments: [], lost: [] };

async function digestAll(snapshot: Snapshot, { connectionString, signal }: TakeOptions): Promise<TableRecord[]> {
  const client = await joinSnapshot(connectionString, snapshot.id);
  try {
    const digests: TableRecord[] = [];
    for (const table of snapshot.tables) {
      signal?.throwIfAborted();
      digests.push(await digestTable(client, table));
    }
    return digests;
  } finally {
    await disconnect(client);
  }
}

/** Both results, or the first failure – after both have ended, so that nothing writes into what is removed. */
async function bothEnded(
  write: Promise<FileRecord[]>,
  digest: Promise<TableRecord[]>,
): Promise<[FileRecord[], TableRecord[]]> {
  await Promise.allSettled([write, digest]);
  return [await write, await digest];
}
