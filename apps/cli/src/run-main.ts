import { type Command, CommanderError } from "commander";
import { CliError, codeOf, messageOf } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import { buildProgram } from "./program.ts";

/** Runs the command line; whatever happens becomes an exit code and a text on stderr, never a stack trace. */
export async function runMain(argv: readonly string[]): Promise<number> {
  ignoreClosedPipes();
  const program = buildProgram();
  exitByException(program);
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return fail(error, argv.includes("--json"));
  }
}

function fail(error: unknown, json: boolean): number {
  const exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
  const details = error instanceof CliError ? error.details : [];
  const message = messageOf(error);
  if (json) {
    const problem = error instanceof CliError ? error.problem : undefined;
    process.stderr.write(`${JSON.stringify({ error: { exitCode, message, details, problem } })}\n`);
  } else {
    process.stderr.write(`evertrack: ${message}\n${details.map((line) => `  ${line}\n`).join("")}`);
  }
  // For bug reports: what was unexpected, in full.
  if (!(error instanceof CliError) && process.env.EVERTRACK_DEBUG !== undefined) console.error(error);
  return exitCode;
}

/** Commander ends the process by itself otherwise, and with other codes than ours. */
function exitByException(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitByException(child);
}

/** `evertrack findings x | head` is no error, and a supervisor must not die because nobody reads its output any more. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: Error) => {
      if (codeOf(error) !== "EPIPE") throw error;
    });
  }
}
