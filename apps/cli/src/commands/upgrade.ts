/** `upgrade`: the server program answers and acts, over the database; it is told whether `up` runs the instances. */
import { dataDirectory } from "../up/data-directory.ts";
import { runningUp } from "../up/running.ts";
import { runServerWord } from "./server-word.ts";

/** Options of all sub-commands; each takes the first two. */
export interface UpgradeOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly for?: string;
  readonly timeout?: number;
}

/** Runs a sub-command; this process ends with its exit status. */
export async function upgrade(word: string, options: UpgradeOptions): Promise<void> {
  const supervised = runningUp(dataDirectory(options.dataDir)) !== undefined;
  await runServerWord(
    [
      "upgrade",
      word,
      ...(options.json === true ? ["--json"] : []),
      ...(supervised ? ["--supervised"] : []),
      ...(options.for === undefined ? [] : ["--for", options.for]),
      ...(options.timeout === undefined ? [] : ["--timeout", String(options.timeout)]),
    ],
    options,
  );
}
