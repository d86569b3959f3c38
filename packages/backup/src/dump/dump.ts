import { join } from "node:path";
import { measureFile, synchronise } from "../archive/files.ts";
import type { FileRecord } from "../manifest.ts";
import type { Program } from "./programs.ts";
import { runProgram } from "./run-program.ts";

/** The dump in its backup, in the custom format of pg_dump. */
export const DUMP_FILE = "database.dump";
const LOCK_WAIT_MS = 10_000;

/** Dumps what a snapshot shows. */
export async function writeDump(
  program: Program,
  connectionString: string,
  snapshotId: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<FileRecord> {
  const file = join(directory, DUMP_FILE);
  const args = ["--format=custom", "--schema=public", `--lock-wait-timeout=${LOCK_WAIT_MS}`];
  await runProgram(program, [...args, `--snapshot=${snapshotId}`, `--file=${file}`], connectionString, signal);
  await synchronise(file);
  return measureFile(directory, DUMP_FILE);
}

/**
 * Loads a dump into an empty database, all or nothing. Objects belong to whoever restores, rights of others are not given again:
 * their roles may not exist here.
 */
export async function loadDump(
  program: Program,
  connectionString: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments"];
  await runProgram(program, [...args, "--schema=public", join(directory, DUMP_FILE)], connectionString, signal);
}
