/** The side of the successor: what it was given, its terminal, and how it has its predecessor yield. */
import { connect, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { CliError } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { type Terminal, terminalOn } from "../../output/terminal.ts";
import { isAlive } from "../process-identity.ts";
import { endProcesses } from "../running.ts";
import type { StopRequests } from "../stop-requests.ts";
import { onLines } from "./lines.ts";
import {
  COMMAND_FD,
  line,
  PROTOCOL,
  signalSchema,
  TAKEOVER_ENV,
  type Takeover,
  takeoverSchema,
  yieldingSchema,
} from "./protocol.ts";

const YIELD_TIMEOUT_MS = 10_000;
const FAREWELL_MAX_MS = 2_000;
/** Longer than a supervisor's patience with an instance that drains. */
const DRAINED_WAIT_MAX_MS = 75_000;
const POLL_MS = 50;

/** What this process takes over, if it was started as a successor. Children know nothing of it. */
export function takeoverOf(env: NodeJS.ProcessEnv = process.env): Takeover | undefined {
  const text = env[TAKEOVER_ENV];
  if (text === undefined) return undefined;
  delete env[TAKEOVER_ENV];
  return takeoverSchema.parse(JSON.parse(text));
}

/** The command that was typed: its outputs are this process' terminal, its signals are meant for us. */
export class AttachedCommand {
  readonly terminal: Terminal;
  readonly #connection = new Socket({ fd: COMMAND_FD });

  constructor({ terminal }: Takeover, json: boolean, stop: StopRequests) {
    const connection = this.#connection;
    // The command may be killed, or its terminal closed; that changes nothing here.
    connection.on("error", () => connection.destroy());
    onLines(connection, (value) => {
      const signal = signalSchema.safeParse(value).data?.signal;
      if (signal !== undefined) stop.take(signal);
    });
    connection.unref();
    const sink = (name: "out" | "talk", log: NodeJS.WriteStream) => ({
      ...terminal,
      write(text: string) {
        if (!connection.destroyed) connection.write(line({ [name]: text }));
        log.write(text);
      },
    });
    this.terminal = terminalOn(sink("out", process.stdout), sink("talk", process.stderr), json);
  }

  /** The last words: how this process ends. */
  async exit(error?: Pick<CliError, "exitCode" | "message" | "details">): Promise<void> {
    if (this.#connection.destroyed) return;
    const exit =
      error === undefined
        ? { code: EXIT.ok }
        : { code: error.exitCode, message: error.message, details: error.details };
    this.#connection.ref();
    const told = new Promise<void>((resolve) => this.#connection.end(line({ exit }), () => resolve()));
    await Promise.race([told, sleep(FAREWELL_MAX_MS, undefined, { ref: false })]);
    this.#connection.destroy();
  }
}

/** Asks the predecessor to yield; false when it is gone. After true it drains its instances and ends, whatever happens. */
export async function askToYield(takeover: Takeover): Promise<boolean> {
  if (!isAlive(takeover.owner)) return false;
  const connection = connect(takeover.control);
  const answer = new Promise<boolean>((resolve) => {
    onLines(connection, (value) => resolve(yieldingSchema.safeParse(value).success));
    connection.once("error", () => resolve(false));
    connection.once("close", () => resolve(false));
    connection.setTimeout(YIELD_TIMEOUT_MS, () => connection.destroy());
    connection.write(line({ protocol: PROTOCOL, request: "yield", pid: process.pid }));
  });
  const yielding = await answer;
  connection.destroy();
  return yielding;
}

/** Waits until the predecessor and its instances are gone; those it could not end itself are ended here. */
export async function outlive({ owner, instances }: Takeover, hasYielded: boolean): Promise<void> {
  const deadline = performance.now() + (hasYielded ? DRAINED_WAIT_MAX_MS : 0);
  while (isAlive(owner) && performance.now() < deadline) await sleep(POLL_MS);
  const left = instances.flatMap(({ process: instance }) => instance ?? []);
  await endProcesses([owner, ...left].filter(isAlive), "SIGTERM");
}
