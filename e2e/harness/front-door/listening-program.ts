import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { connect } from "node:net";
import { until } from "../until.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
/** Signals that end a program at once, so that sending one can wait for the end. */
const DEADLY: readonly NodeJS.Signals[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT"];

/** Why tests that need a system program are skipped, as a part of their name; `undefined` when it is there. */
export function missing(program: string, versionFlag: string): string | undefined {
  return spawnSync(program, [versionFlag]).status === 0 ? undefined : `skipped: apt-get install ${program}`;
}

/** A system program in the foreground that listens on one port of 127.0.0.1, with its child processes. */
export class ListeningProgram {
  readonly #command: readonly [string, ...string[]];
  readonly #port: number;
  readonly #logFile: string;
  /** How the program is asked to end soon: of its own accord, without waiting for connections. */
  readonly #stopSignal: NodeJS.Signals;
  #child: ChildProcess | undefined;
  #tail = "";

  constructor(options: {
    command: readonly [string, ...string[]];
    port: number;
    logFile: string;
    stopSignal: NodeJS.Signals;
  }) {
    this.#command = options.command;
    this.#port = options.port;
    this.#logFile = options.logFile;
    this.#stopSignal = options.stopSignal;
  }

  /** The process that was started last; its children share its process group. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.#command[0]} was not started`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves once the port takes connections; rejects with what the program said when it ends before. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.#command[0]} runs already`);
    const [program, ...parameters] = this.#command;
    const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    const log = createWriteStream(this.#logFile, { flags: "a" });
    const keep = (chunk: Buffer) => {
      log.write(chunk);
      this.#tail = (this.#tail + chunk.toString("utf8")).slice(-2_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("close", () => log.end());
    this.#endWithThisProcess(child);
    await until(`${program} listens`, START_TIMEOUT_MS, async () => !this.running || (await this.#answers())).catch(
      async (error: unknown) => {
        await this.stop();
        throw new Error(`${String(error)}: ${this.#tail}`);
      },
    );
    if (!this.running) throw new Error(`${program} ended: ${this.#tail}`);
  }

  /** Sends a signal to the program and its children; resolves when it has ended, if the signal is one that ends it. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    process.kill(-this.pid, signal);
    if (DEADLY.includes(signal)) await this.#ended();
  }

  /** Ends the program if it runs and starts it anew on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    // A stopped process (SIGSTOP) takes no other signal before it goes on.
    process.kill(-this.pid, "SIGCONT");
    await this.kill(this.#stopSignal);
  }

  /** A test run that gives up leaves nothing behind that listens. */
  #endWithThisProcess(child: ChildProcess): void {
    const end = () => void this.kill("SIGKILL").catch(() => undefined);
    process.once("exit", end);
    child.once("exit", () => process.off("exit", end));
  }

  async #ended(): Promise<void> {
    await until(`${this.#command[0]} ends`, STOP_TIMEOUT_MS, async () => !this.running);
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1");
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  }
}
