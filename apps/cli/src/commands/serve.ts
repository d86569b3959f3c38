/** `serve`: the server program in the foreground, as containers and service managers run it. */
import { exitCodeOf, runInForeground } from "../up/foreground.ts";

/** Runs the server with the given flags and this environment; this process ends as the server ends. */
export async function serve(args: readonly string[]): Promise<void> {
  const ending = await runInForeground(args, process.env, "inherit");
  process.exitCode = exitCodeOf(ending);
}
