import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { BackupManifest, FileRecord } from "../manifest.ts";
import { synchronise, writeFileOf } from "./files.ts";

export const MANIFEST = "manifest.json";
export const SUMS = "SHA256SUMS";
const PARTIAL = ".partial";
const STALE_MS = 24 * 3_600_000;
const RANDOM_BYTES = 4;

/** A directory that becomes a backup by its last rename, and does not exist before. */
export interface BeingWritten {
  /** Where the files go meanwhile. */
  readonly directory: string;
  /** Writes manifest and checksums, makes all of it durable, and gives it its name: the path of the backup. */
  finish(manifest: BackupManifest): Promise<string>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Begins a backup below `parent`. What a killed one left behind a day ago is removed. */
export async function beginArchive(parent: string, version: string, now: Date): Promise<BeingWritten> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await removeStale(parent, now);
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const name = `evertrack-${version}-${stamp}-${randomBytes(RANDOM_BYTES).toString("hex")}`;
  const directory = join(parent, hiddenName(name));
  await mkdir(directory, { mode: 0o700 });
  return {
    directory,
    finish: (manifest) => finish(directory, join(parent, name), manifest),
    discard: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** What is not a backup yet, or not any more, and is removed a day later if nobody does. */
export function hiddenName(name: string): string {
  return `.${name}${PARTIAL}`;
}

async function finish(directory: string, target: string, manifest: BackupManifest): Promise<string> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const write = (path: string, content: string) =>
    writeFileOf(directory, path, Readable.from([Buffer.from(content)]), { compress: false, signal: undefined });
  const own = await write(MANIFEST, text);
  await write(SUMS, [...manifest.files, own].map(lineOf).join(""));
  const folders = new Set(manifest.files.map(({ path }) => dirname(join(directory, path))));
  for (const folder of [...folders, directory]) await synchronise(folder);
  await rename(directory, target);
  await synchronise(dirname(target));
  return target;
}

/** As sha256sum writes it. */
function lineOf({ sha256, path }: FileRecord): string {
  return `${sha256}  ${path}\n`;
}

async function removeStale(parent: string, now: Date): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(".evertrack-") || !name.endsWith(PARTIAL)) continue;
    const path = join(parent, name);
    const changed = (await stat(path).catch(() => undefined))?.mtimeMs ?? now.getTime();
    if (now.getTime() - changed > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}
