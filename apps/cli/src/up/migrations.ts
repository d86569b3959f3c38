import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { endingText, spawnServer } from "./child-process.ts";
import { lastWords } from "./log-lines.ts";
import type { ServerProgram } from "./server-program.ts";

/** Makes the server only migrate and end: 0 when done, 1 when it failed. */
export const MIGRATE_ONLY_ENV = { DT_INIT_TASKS_ENABLED: "true", DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" } as const;

/**
 * Runs the migrations in a process of their own, as the first instance would, so that a failure is told at once and no
 * instance comes up half-way. There is no time limit: a long migration is legitimate; `signal` ends it.
 */
export async function runMigrations(
  program: ServerProgram,
  env: NodeJS.ProcessEnv,
  log: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  // Any port: the one that is meant for people may be in use, by the version that serves meanwhile.
  const child = spawnServer(program, [], { ...env, ...MIGRATE_ONLY_ENV, DT_MANAGEMENT_PORT: "0" }, log);
  const onAbort = () => child.kill("SIGTERM");
  signal.addEventListener("abort", onAbort, { once: true });
  const ending = await child.ended;
  signal.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  if (ending.code === 0) return;
  throw new CliError(EXIT.failed, `The migrations failed (${endingText(ending)}).`, {
    details: [...lastWords(log, child.logFrom), `Full log: ${log}`],
  });
}
