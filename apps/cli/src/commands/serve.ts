/** `serve` and `migrate`: the server program in the foreground, as containers and service managers run it. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { type Ending, endingOf, endingText } from "../up/child-process.ts";
import { dataDirectory, prepareDataDirectory } from "../up/data-directory.ts";
import { provideDatabase } from "../up/database.ts";
import { MIGRATE_ONLY_ENV } from "../up/migrations.ts";
import { serverProgram } from "../up/server-program.ts";

/** Runs the server with the given flags and this environment; this process ends as the server ends. */
export async function serve(args: readonly string[]): Promise<void> {
  const ending = await runInForeground(args, process.env, "inherit");
  process.exitCode = exitCodeOf(ending);
}

/** Options of `migrate`. */
export interface MigrateOptions {
  readonly dataDir?: string;
}

/** Brings the schema up to this build and ends: for DT_DATASOURCE_URL, else for the embedded database. */
export async function migrate(options: MigrateOptions, terminal: Terminal): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  if (process.env.DT_DATASOURCE_URL === undefined) prepareDataDirectory(directory);
  const database = await provideDatabase(directory, 1);
  terminal.line(`Database: ${database.description}`);
  const dataEnv = database.embedded ? { DT_DATA_DIRECTORY: directory.server } : {};
  const env = { ...process.env, ...database.env, ...dataEnv, ...MIGRATE_ONLY_ENV };
  // With --json the result alone belongs on stdout.
  const ending = await runInForeground([], env, terminal.json ? "stderr" : "inherit");
  if (ending.code !== 0) throw new CliError(EXIT.failed, `The migrations failed (${endingText(ending)}).`);
  terminal.line("The schema is up to date.");
  terminal.result({ migrated: true, database: database.description });
}

async function runInForeground(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: "inherit" | "stderr",
): Promise<Ending> {
  const program = serverProgram();
  const STDERR = 2;
  const stdout = output === "stderr" ? STDERR : "inherit";
  const child = spawn(program.command, [...program.args, ...args], { env, stdio: ["inherit", stdout, "inherit"] });
  const release = handSignalsDown(child);
  try {
    return await endingOf(child);
  } finally {
    release();
  }
}

/** A terminal sends Ctrl-C to the child as well; everything else comes to us alone. */
function handSignalsDown(child: ChildProcess): () => void {
  const signals = ["SIGTERM", "SIGHUP", "SIGINT"] as const;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Shells' convention: 128 + number of the signal. */
function exitCodeOf({ code, signal }: Ending): number {
  const SIGNAL_BASE = 128;
  return signal === null ? (code ?? EXIT.failed) : SIGNAL_BASE + constants.signals[signal];
}
