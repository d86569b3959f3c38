import { chmodSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where everything of one local Evertrack lives. */
export interface DataDirectory {
  readonly root: string;
  /** ` --data-dir …` if it was named so: for commands that people are told to paste. */
  readonly option: string;
  /** Embedded PostgreSQL. */
  readonly postgres: string;
  /** The server's own files: blobs, keys. */
  readonly server: string;
  readonly logs: string;
  /** Advisories of `evertrack demo`; the server may read `file:` addresses below it. */
  readonly demo: string;
  /** Who runs here: state-file.ts. */
  readonly stateFile: string;
  /** Who is about to take over, until it did. */
  readonly nextStateFile: string;
  /** Saved addresses and credentials, mode 0600. */
  readonly credentialsFile: string;
  /** Password of `admin` if `demo` chose it, mode 0600. */
  readonly firstLoginFile: string;
}

/** The layout of a data directory; `~/.evertrack` unless said otherwise. */
export function dataDirectory(path: string | undefined, env: NodeJS.ProcessEnv = process.env): DataDirectory {
  const root = resolve(path ?? env.EVERTRACK_DATA_DIRECTORY ?? join(homedir(), ".evertrack"));
  return {
    root,
    option: path === undefined ? "" : ` --data-dir ${path}`,
    postgres: join(root, "postgres"),
    server: join(root, "server"),
    logs: join(root, "logs"),
    demo: join(root, "demo"),
    stateFile: join(root, "up.json"),
    nextStateFile: join(root, "up-next.json"),
    credentialsFile: join(root, "cli.json"),
    firstLoginFile: join(root, "first-login.txt"),
  };
}

/** Makes the directories; the root stays traversable (0711) because PostgreSQL runs as another account when we are root. */
export function prepareDataDirectory(directory: DataDirectory): void {
  const TRAVERSABLE = 0o711;
  const PRIVATE = 0o700;
  mkdirSync(directory.root, { recursive: true, mode: TRAVERSABLE });
  if (process.getuid?.() === 0) chmodSync(directory.root, TRAVERSABLE);
  for (const path of [directory.server, directory.logs, directory.demo]) {
    mkdirSync(path, { recursive: true, mode: PRIVATE });
  }
}

/** Log of server instance `index`. */
export function serverLog(directory: DataDirectory, index: number): string {
  return join(directory.logs, `server-${index}.log`);
}

/** Log of the migrations `up` runs before the first instance. */
export function migrationLog(directory: DataDirectory): string {
  return join(directory.logs, "migrations.log");
}

/** What an `up` says that took over from another one and has no terminal of its own. */
export function takeoverLog(directory: DataDirectory): string {
  return join(directory.logs, "up.log");
}
