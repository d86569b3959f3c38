import { readdir, readFile, stat } from "node:fs/promises";
import { join, normalize, resolve, sep } from "node:path";
import { BackupError } from "../backup-error.ts";
import { type BackupManifest, backupManifestSchema, type FileRecord } from "../manifest.ts";
import { measureFile } from "./files.ts";
import { MANIFEST, SUMS } from "./write-archive.ts";

const LIST_MAX = 10_000;
const TEXT_BYTES_MAX = 256 * 1024 * 1024;

/** A backup on disk. */
export interface Backup {
  readonly directory: string;
  readonly manifest: BackupManifest;
}

/** Reads what a backup says of itself, after comparing it with its checksum. Throws BackupError. */
export async function readBackup(path: string): Promise<Backup> {
  const directory = resolve(path);
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new BackupError("refused", `${path} is not a backup: it must be its directory`);
  const own = (await readSums(directory)).get(MANIFEST);
  const text = await readText(directory, MANIFEST);
  if ((await measureFile(directory, MANIFEST)).sha256 !== own)
    throw new BackupError("damaged", `${MANIFEST} does not match its line in ${SUMS}`);
  return { directory, manifest: parseManifest(text) };
}

/** Reads every byte of a backup and compares it. Throws BackupError `damaged` naming each file that is not what was written. */
export async function checkFiles({ directory, manifest }: Backup): Promise<void> {
  const sums = await readSums(directory);
  const problems: string[] = [];
  for (const file of manifest.files) {
    const problem = await checkFile(directory, file);
    if (problem !== undefined) problems.push(problem);
    else if (sums.get(file.path) !== file.sha256) problems.push(`${SUMS} has another line for ${file.path}`);
  }
  if (problems.length > 0) throw new BackupError("damaged", `the backup is damaged: ${problems.join("; ")}`);
}

/** The backups of a directory, newest first; what cannot be read is left out. */
export async function listBackups(parent: string): Promise<Backup[]> {
  const names = await readdir(parent).catch(() => []);
  const candidates = names.filter((name) => !name.startsWith(".")).slice(0, LIST_MAX);
  const read = await Promise.all(candidates.map((name) => readBackup(join(parent, name)).catch(() => undefined)));
  return read
    .filter((backup) => backup !== undefined)
    .sort((a, b) => (a.manifest.takenAt < b.manifest.takenAt ? 1 : -1));
}

/** Bytes of all files together. */
export function bytesOf({ files }: BackupManifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function checkFile(directory: string, expected: FileRecord): Promise<string | undefined> {
  const path = join(directory, expected.path);
  if (!normalize(path).startsWith(directory + sep)) return `${expected.path} leaves the backup`;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return `${expected.path} is missing`;
  if (found.size !== expected.bytes) return `${expected.path} has ${found.size} of ${expected.bytes} bytes`;
  const { sha256 } = await measureFile(directory, expected.path);
  return sha256 === expected.sha256 ? undefined : `${expected.path} does not match its checksum`;
}

async function readSums(directory: string): Promise<Map<string, string>> {
  const lines = (await readText(directory, SUMS)).split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [sha256 = "", path = ""] = line.split("  ");
      return [path, sha256];
    }),
  );
}

async function readText(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  const bytes = (await stat(file).catch(() => undefined))?.size;
  if (bytes === undefined) throw new BackupError("damaged", `${name} is missing in ${directory}`);
  if (bytes > TEXT_BYTES_MAX) throw new BackupError("damaged", `${name} is larger than ${TEXT_BYTES_MAX} bytes`);
  return readFile(file, "utf8");
}

function parseManifest(text: string): BackupManifest {
  const json: unknown = JSON.parse(text);
  if (typeof json === "object" && json !== null && "format" in json && json.format !== 1)
    throw new BackupError("refused", `the backup has format ${String(json.format)}, which a newer version understands`);
  return backupManifestSchema.parse(json);
}
