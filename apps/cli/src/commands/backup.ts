/** `backup` and `restore`: the server program does both, for the database it is configured for. */
import { resolve } from "node:path";
import { runServerWord } from "./server-word.ts";

interface Common {
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** Options of `backup`. */
export interface BackupOptions extends Common {
  readonly output?: string;
  readonly kind?: string;
  readonly verify: boolean;
  readonly keep?: number;
}

/** Takes a backup; the embedded database brings no pg_dump along, so it is exported unless said otherwise. */
export async function backup(options: BackupOptions): Promise<void> {
  const kind = options.kind ?? (isExternal() ? "dump" : "export");
  const verify = options.verify ? [] : ["--no-verify"];
  const keep = options.keep === undefined ? [] : ["--keep", String(options.keep)];
  const words = ["backup", "take", "--kind", kind, ...output(options), ...verify, ...keep, ...json(options)];
  await runServerWord(words, options);
}

export async function backupList(options: Common & { readonly output?: string }): Promise<void> {
  await runServerWord(["backup", "list", ...output(options), ...json(options)], options);
}

export async function backupVerify(path: string, options: Common): Promise<void> {
  await runServerWord(["backup", "verify", ...json(options), "--", resolve(path)], options);
}

export async function backupConfirm(
  options: Common & { readonly location: string; readonly takenAt?: string },
): Promise<void> {
  const takenAt = options.takenAt === undefined ? [] : [`--taken-at=${options.takenAt}`];
  await runServerWord(["backup", "confirm", `--location=${options.location}`, ...takenAt, ...json(options)], options);
}

/** Restores into another database when `into` names one: its password must not stand in the list of processes. */
export async function restore(
  path: string,
  options: Common & { readonly into?: string; readonly force?: boolean },
): Promise<void> {
  if (options.into !== undefined) {
    process.env.DT_DATASOURCE_URL = options.into;
    process.env.DT_INIT_TASKS_DATASOURCE_NAME = "default";
  }
  const force = options.force === true ? ["--force"] : [];
  await runServerWord(["restore", ...force, ...json(options), "--", resolve(path)], options);
}

function isExternal(): boolean {
  return (process.env.DT_DATASOURCE_URL ?? "") !== "";
}

function output(options: { readonly output?: string }): string[] {
  return options.output === undefined ? [] : ["--output", resolve(options.output)];
}

function json(options: Common): string[] {
  return options.json === true ? ["--json"] : [];
}
