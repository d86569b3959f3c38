/** `migrate`: the server program migrates and ends, or answers what there is to migrate. */
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { endingText } from "../up/child-process.ts";
import { dataDirectory, prepareDataDirectory } from "../up/data-directory.ts";
import { provideDatabase } from "../up/database.ts";
import { runInForeground } from "../up/foreground.ts";
import { MIGRATE_ONLY_ENV } from "../up/migrations.ts";
import { runServerWord } from "./server-word.ts";

const LOOK_FLAGS = ["status", "plan", "lock", "show", "clear", "force"] as const;

/** Options of `migrate`; at most one of status, plan and lock. */
export type MigrateOptions = { readonly dataDir?: string } & {
  readonly [flag in (typeof LOOK_FLAGS)[number]]?: boolean;
};

/** Migrates, or looks, as the options say. */
export async function migrate(options: MigrateOptions, terminal: Terminal): Promise<void> {
  const flags = LOOK_FLAGS.filter((flag) => options[flag] === true);
  if (flags.length === 0) return migrateNow(options, terminal);
  if (options.lock && !options.show && !options.clear) throw usageError("--lock needs --show or --clear");
  if (!options.lock && (options.show || options.clear)) throw usageError("--show and --clear belong to --lock");
  if (options.force && !options.clear) throw usageError("--force belongs to --lock --clear");
  const words = ["migrate", ...flags.map((flag) => `--${flag}`), ...(terminal.json ? ["--json"] : [])];
  await runServerWord(words, options);
}

/** Brings the schema up to this build and ends: for DT_DATASOURCE_URL, else for the embedded database. */
async function migrateNow(options: MigrateOptions, terminal: Terminal): Promise<void> {
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
