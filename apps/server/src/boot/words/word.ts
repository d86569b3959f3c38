import type { Config } from "../../platform/config/index.ts";
import type { Log } from "../../platform/log/log.ts";

/** What a word of the command line is given: results go to `write`, everything else to the log, which is standard error here. */
export interface WordContext {
  /** What follows the word. */
  readonly args: readonly string[];
  readonly config: Config;
  readonly log: Log;
  /** Writes text to standard output as it is. */
  write(text: string): void;
}

/** Does its work and answers the exit status. */
export type Word = (context: WordContext) => Promise<number>;
