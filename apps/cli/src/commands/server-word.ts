/** Commands the server program carries out itself, on the database it is configured for: `migrate --status`, `upgrade …`. */
import { dataDirectory, prepareDataDirectory } from "../up/data-directory.ts";
import { provideDatabase } from "../up/database.ts";
import { exitCodeOf, runInForeground } from "../up/foreground.ts";

/**
 * Runs a word of the server program for DT_DATASOURCE_URL, else for the embedded database of the data directory; this process
 * ends with its exit status. Its results go to stdout, its log to stderr.
 */
export async function runServerWord(words: readonly string[], options: { readonly dataDir?: string }): Promise<void> {
  const directory = dataDirectory(options.dataDir);
  if (process.env.DT_DATASOURCE_URL === undefined) prepareDataDirectory(directory);
  const database = await provideDatabase(directory, 1);
  const dataEnv = database.embedded ? { DT_DATA_DIRECTORY: directory.server } : {};
  const env = { DT_LOGGING_LEVEL: "warn", ...process.env, ...database.env, ...dataEnv };
  process.exitCode = exitCodeOf(await runInForeground(words, env, "inherit"));
}
