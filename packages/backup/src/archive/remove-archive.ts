import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BackupError } from "../backup-error.ts";
import type { Backup } from "./read-archive.ts";
import { hiddenName } from "./write-archive.ts";

/** Removes older backups: see `removeOlder`. */
export interface RemoveOlderOptions {
  /** Of one directory, newest first. */
  readonly backups: readonly Backup[];
  /** Ids of those that were found good. Others are left alone, and count for nothing. */
  readonly verified: ReadonlySet<string>;
  /** Id of the one that was verified just now; it stays, whatever its time. */
  readonly newest: string;
  /** How many good ones are kept, this one among them; from 1. */
  readonly keep: number;
}

/** Removes the oldest good backups beyond a number, and returns their directories. Throws BackupError where one cannot be removed. */
export async function removeOlder({ backups, verified, newest, keep }: RemoveOlderOptions): Promise<string[]> {
  const others = backups.filter(({ manifest: { id } }) => id !== newest && verified.has(id));
  const removed: string[] = [];
  for (const { directory, manifest } of others.slice(Math.max(1, keep) - 1)) {
    await remove(directory, manifest.id);
    removed.push(directory);
  }
  return removed;
}

/** It is no backup any more as soon as it has another name; one that is killed here is cleared away as what a killed backup leaves. */
async function remove(directory: string, id: string): Promise<void> {
  const hidden = join(dirname(directory), hiddenName(`evertrack-removed-${id}`));
  try {
    await rename(directory, hidden);
    await rm(hidden, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BackupError("failed", `the new backup is good, but the older one ${directory} cannot be removed: ${why}`);
  }
}
