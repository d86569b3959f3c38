import { parseArgs } from "node:util";
import type { BackupKind } from "@evertrack/backup";
import { UsageError } from "./outcome.ts";

/** What is asked of the word `backup`. */
export type BackupRequest = { readonly json: boolean } & (
  | {
      readonly what: "take";
      readonly kind: BackupKind;
      readonly output: string | undefined;
      readonly verify: boolean;
      /** So many good ones stay in the directory; undefined: all. */
      readonly keep: number | undefined;
    }
  | { readonly what: "list"; readonly output: string | undefined }
  | { readonly what: "verify"; readonly backup: string }
  | { readonly what: "confirm"; readonly location: string; readonly takenAt: Date | undefined }
);

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean", default: false } as const;
const OPTIONS = {
  kind: TEXT,
  output: TEXT,
  location: TEXT,
  "taken-at": TEXT,
  "no-verify": FLAG,
  keep: TEXT,
  json: FLAG,
};
const KEEP_MAX = 1_000;
const LOCATION_CHARS_MAX = 1_000;

/** Throws UsageError. */
export function readBackupRequest(args: readonly string[]): BackupRequest {
  const { values, positionals } = parsed(args);
  const [what, ...rest] = positionals;
  const { json, output } = values;
  switch (what) {
    case "take":
      return {
        what,
        json,
        kind: kindOf(values.kind ?? "dump"),
        output,
        verify: !values["no-verify"],
        keep: keepOf(values.keep, !values["no-verify"]),
      };
    case "list":
      return { what, json, output };
    case "verify":
      if (rest[0] === undefined) throw new UsageError("backup verify needs the backup's directory");
      return { what, json, backup: rest[0] };
    case "confirm":
      return { what, json, location: locationOf(values.location), takenAt: timeOf(values["taken-at"]) };
    default:
      throw new UsageError("use backup take, list, verify <backup> or confirm --location TEXT");
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function kindOf(text: string): BackupKind {
  if (text === "dump" || text === "export") return text;
  throw new UsageError("--kind must be dump or export");
}

function keepOf(text: string | undefined, verify: boolean): number | undefined {
  if (text === undefined) return undefined;
  const keep = Number(text);
  if (!Number.isInteger(keep) || keep < 1 || keep > KEEP_MAX)
    throw new UsageError(`--keep must be a whole number from 1 to ${KEEP_MAX}`);
  if (!verify) throw new UsageError("--keep removes older backups only after a verified one; leave out --no-verify");
  return keep;
}

function locationOf(text: string | undefined): string {
  if (text !== undefined && text !== "" && text.length <= LOCATION_CHARS_MAX) return text;
  throw new UsageError("--location must say where the backup is");
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || time > new Date()) throw new UsageError("--taken-at must be a time of the past");
  return time;
}
