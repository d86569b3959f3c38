import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, renameSync, statSync } from "node:fs";
import { identify, type ProcessIdentity } from "./process-identity.ts";
import type { ServerProgram } from "./server-program.ts";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours in the background. */
export interface Child {
  readonly identity: ProcessIdentity;
  /** Where in its log this process began to write. */
  readonly logFrom: number;
  /** Settles once it has ended, also when it could not be started at all. */
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

const LOG_ROTATE_BYTES = 20 * 1024 * 1024;

/**
 * Starts the server program with its output appended to a log. It gets a process group of its own: Ctrl-C at the terminal
 * must reach only `up`, which then stops the instances in order.
 */
export function spawnServer(
  program: ServerProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  log: string,
): Child {
  if (existsSync(log) && statSync(log).size > LOG_ROTATE_BYTES) renameSync(log, `${log}.1`);
  const output = openSync(log, "a", 0o600);
  const logFrom = fstatSync(output).size;
  const child = spawn(program.command, [...program.args, ...args], {
    env,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const ended = endingOf(child);
  return { identity: identify(child.pid ?? 0), logFrom, ended, kill: (signal) => void child.kill(signal) };
}

/** The ending of a child process. */
export function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 1, signal: null }));
  });
}

/** `exit code 1`, or `signal SIGKILL`. */
export function endingText({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}
