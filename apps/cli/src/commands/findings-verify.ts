/** `findings verify`: the server program compares, in the database. */
import { runServerWord } from "./server-word.ts";

/** Compares; this process ends with its exit status. */
export async function findingsVerify(options: { readonly dataDir?: string; readonly json?: boolean }): Promise<void> {
  await runServerWord(["findings", "verify", ...(options.json === true ? ["--json"] : [])], options);
}
