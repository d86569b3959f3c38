import { EXIT, type ExitCode } from "./exit-codes.ts";

/** An error meant for the person at the terminal: one sentence, optional lines that help, and the exit code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly details: readonly string[];
  /** The server's problem document, where there is one. */
  readonly problem: unknown;

  constructor(
    exitCode: ExitCode,
    message: string,
    options: { details?: readonly string[]; cause?: unknown; problem?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.exitCode = exitCode;
    this.details = options.details ?? [];
    this.problem = options.problem;
  }
}

/** Wrong use of the command line (exit code 2). */
export function usageError(message: string, details: readonly string[] = []): CliError {
  return new CliError(EXIT.usage, message, { details });
}

/** The system's error code of an unknown error, looked for along its causes (`ECONNREFUSED`, `ENOENT`, …). */
export function codeOf(error: unknown): string | undefined {
  const CAUSES_MAX = 5;
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || (codeOf(error) ?? error.name);
  return String(error);
}
