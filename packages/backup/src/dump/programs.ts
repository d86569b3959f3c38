import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BackupError } from "../backup-error.ts";

const VERSION_TIMEOUT_MS = 10_000;
/** Where distributions keep the programs of several versions side by side. */
const VERSIONED_FOLDERS: readonly [string, (entry: string) => string][] = [
  ["/usr/lib/postgresql", (entry) => join(entry, "bin")],
  ["/usr", (entry) => (entry.startsWith("pgsql-") ? join(entry, "bin") : "")],
  ["/opt/homebrew/opt", (entry) => (entry.startsWith("postgresql@") ? join(entry, "bin") : "")],
];

/** A program of PostgreSQL and the major version it is of. */
export interface Program {
  readonly path: string;
  readonly major: number;
}

/** pg_dump of the server's major version. Throws BackupError `not-yet` saying what to install. */
export async function findDump(serverMajor: number, directory: string | undefined): Promise<Program> {
  const found = await findPrograms("pg_dump", directory);
  const fitting = found.find(({ major }) => major === serverMajor);
  if (fitting !== undefined) return fitting;
  throw missing("pg_dump", `${serverMajor}, the version of the server`, serverMajor, found);
}

/** pg_restore that reads what pg_dump of this major version wrote: the nearest one that is not older. */
export async function findRestore(dumpMajor: number, directory: string | undefined): Promise<Program> {
  const found = await findPrograms("pg_restore", directory);
  const fitting = found.filter(({ major }) => major >= dumpMajor).sort((a, b) => a.major - b.major);
  if (fitting[0] !== undefined) return fitting[0];
  throw missing("pg_restore", `${dumpMajor} or newer`, dumpMajor, found);
}

async function findPrograms(name: string, directory: string | undefined): Promise<Program[]> {
  const folders = [...(directory === undefined ? [] : [directory]), ...(await versionedFolders()), ...pathFolders()];
  const found = await Promise.all(folders.map((folder) => programAt(join(folder, name))));
  return found.filter((program) => program !== undefined);
}

async function versionedFolders(): Promise<string[]> {
  const lists = await Promise.all(
    VERSIONED_FOLDERS.map(async ([root, below]) => {
      const entries = await readdir(root).catch(() => []);
      return entries.map(below).flatMap((folder) => (folder === "" ? [] : [join(root, folder)]));
    }),
  );
  return lists.flat();
}

function pathFolders(): string[] {
  return (process.env.PATH ?? "").split(":").filter((folder) => folder !== "");
}

async function programAt(path: string): Promise<Program | undefined> {
  const said = await promisify(execFile)(path, ["--version"], { timeout: VERSION_TIMEOUT_MS }).catch(() => undefined);
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(said?.stdout ?? "")?.[1]);
  return Number.isInteger(major) ? { path, major } : undefined;
}

function missing(name: string, wanted: string, major: number, found: readonly Program[]): BackupError {
  const there = found.map((program) => `${program.path} (${program.major})`).join(", ");
  return new BackupError(
    "not-yet",
    `${name} of PostgreSQL ${wanted} is needed${there === "" ? "" : `; found only ${there}`}: install it ` +
      `(Debian: apt-get install postgresql-client-${major}; RHEL: dnf install postgresql${major}), name its directory with ` +
      `dt.backup.postgresql-directory, or take an export, which needs no program: --kind export`,
  );
}
