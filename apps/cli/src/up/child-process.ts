import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, renameSync, statSync } from "node:fs";
import { z } from "zod";
import { identify, type ProcessIdentity } from "./process-identity.ts";
import type { ServerProgram } from "./server-program.ts";
import type { InstanceSockets } from "./sockets.ts";

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

/** A server instance, which is talked with; the server's `boot/supervisor.ts` is the other side. */
export interface InstanceChild extends Child {
  /** Settles when it says that it answers requests. */
  readonly ready: Promise<void>;
  /** `keep`: it stays although this process ends. `replaced`: others answer at its ports; it drains and ends. */
  order(order: "keep" | "replaced"): Promise<void>;
}

const LOG_ROTATE_BYTES = 20 * 1024 * 1024;

/** Descriptors of an instance: input, two outputs, the talk, and its sockets. */
const [API_FD, MANAGEMENT_FD] = [4, 5];

const readyMessage = z.object({ evertrack: z.literal("ready") });

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
  const { child, logFrom } = spawnLogged(program, args, env, log, []);
  return childOf(child, logFrom);
}

/** Starts an instance, on the given sockets if there are any. */
export function spawnInstance(
  program: ServerProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  log: string,
  sockets: InstanceSockets | undefined,
): InstanceChild {
  const inherited = sockets === undefined ? [] : [sockets.api, sockets.management];
  const socketEnv =
    sockets === undefined ? {} : { DT_HTTP_SERVER_FD: String(API_FD), DT_MANAGEMENT_FD: String(MANAGEMENT_FD) };
  const instanceEnv = { ...env, ...socketEnv, EVERTRACK_SUPERVISED: "1" };
  const { child, logFrom } = spawnLogged(program, args, instanceEnv, log, ["ipc", ...inherited]);
  const ready = new Promise<void>((resolve) => {
    child.on("message", (message) => {
      if (readyMessage.safeParse(message).success) resolve();
    });
  });
  const order = (evertrack: string) =>
    // A closed channel belongs to a process that is ending, which is noticed by itself.
    new Promise<void>((resolve) => void child.send({ evertrack }, () => resolve()));
  return { ...childOf(child, logFrom), ready, order };
}

function spawnLogged(
  program: ServerProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  log: string,
  more: readonly ("ipc" | number)[],
): { child: ChildProcess; logFrom: number } {
  if (existsSync(log) && statSync(log).size > LOG_ROTATE_BYTES) renameSync(log, `${log}.1`);
  const output = openSync(log, "a", 0o600);
  const logFrom = fstatSync(output).size;
  const child = spawn(program.command, [...program.args, ...args], {
    env,
    detached: true,
    stdio: ["ignore", output, output, ...more],
  });
  closeSync(output);
  return { child, logFrom };
}

function childOf(child: ChildProcess, logFrom: number): Child {
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
