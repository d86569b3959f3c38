import { mkdir, statfs } from "node:fs/promises";
import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";
import { tableBytes } from "./catalog.ts";

/** A compressed backup takes a tenth to a third of its tables; half is asked for. */
const BACKUP_SHARE = 0.5;
/** A restored database is smaller than its origin, but its log comes on top. */
const SCRATCH_SHARE = 1.1;
const RESERVE_BYTES = 16 * 1024 * 1024;
const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]", ""]);

/** Throws BackupError `no-space` when a backup of this database would probably not fit. */
export async function requireRoomForBackup(client: Client, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await requireRoom(directory, (await tableBytes(client)) * BACKUP_SHARE, "a backup");
}

/** The same for a scratch database, where the server's own directory can be looked at from here. */
export async function requireRoomForScratch(client: Client, connectionString: string, bytes: number): Promise<void> {
  if (!LOCAL_HOSTS.has(new URL(connectionString).hostname)) return;
  const { rows } = await client.query<{ directory: string | null }>(
    `select max(setting) as directory from pg_settings where name = 'data_directory'`,
  );
  const directory = rows[0]?.directory;
  if (typeof directory === "string") await requireRoom(directory, bytes * SCRATCH_SHARE, "the scratch database");
}

async function requireRoom(directory: string, bytes: number, what: string): Promise<void> {
  const room = await statfs(directory).catch(() => undefined);
  if (room === undefined) return;
  const free = room.bavail * room.bsize;
  const needed = Math.ceil(bytes + RESERVE_BYTES);
  if (free < needed)
    throw new BackupError(
      "no-space",
      `${what} needs about ${inMiB(needed)} in ${directory}, where ${inMiB(free)} are free`,
    );
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024).toLocaleString("en-US")} MiB`;
}
