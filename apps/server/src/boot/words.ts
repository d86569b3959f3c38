import { pino } from "pino";
import type { Config } from "../platform/config/index.ts";
import { createLog, logProperties } from "../platform/log/log.ts";
import type { Word } from "./words/word.ts";

/** Where words log. */
export const standardError = pino.destination({ fd: 2, sync: true });

/**
 * Things the server program does instead of serving, each loaded when it is asked for: `main.ts <word> [arguments]`. The command
 * line of the product calls them with the environment of the server, so that they see its configuration and database.
 */
const WORDS: Readonly<Record<string, () => Promise<Word>>> = {
  backup: async () => (await import("./words/backup.ts")).backupWord,
  findings: async () => (await import("./words/findings.ts")).findingsWord,
  migrate: async () => (await import("./words/migrate.ts")).migrateWord,
  restore: async () => (await import("./words/restore.ts")).restoreWord,
  upgrade: async () => (await import("./words/upgrade.ts")).upgradeWord,
};

export function isWord(word: string | undefined): word is string {
  return word !== undefined && Object.hasOwn(WORDS, word);
}

/** Runs a word that `isWord` knows. */
export async function runWord(
  word: string,
  args: readonly string[],
  config: Config,
  instance: string,
): Promise<number> {
  const load = WORDS[word];
  if (load === undefined) throw new Error(`unknown word ${word}`);
  const log = createLog({ level: config.get(logProperties.level), instance, destination: standardError });
  return (await load())({ args, config, log, write: (text) => process.stdout.write(text) });
}
