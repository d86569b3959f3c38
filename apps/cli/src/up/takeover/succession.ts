/** The side of the running `up`: starts a successor when asked to, and either yields to it or clears away what it left. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { messageOf } from "../../errors.ts";
import type { Terminal } from "../../output/terminal.ts";
import { endingOf, endingText } from "../child-process.ts";
import { type DataDirectory, takeoverLog } from "../data-directory.ts";
import type { ProcessIdentity } from "../process-identity.ts";
import { endProcesses, orphansOf } from "../running.ts";
import type { ListeningSockets } from "../sockets.ts";
import { readState, type UpState, writeState } from "../state-file.ts";
import {
  type ControlRequest,
  PROTOCOL,
  type Refusal,
  type ReplaceRequest,
  SOCKETS_FD,
  TAKEOVER_ENV,
  type Takeover,
} from "./protocol.ts";

/** What a succession needs to know of the `up` it belongs to. */
export interface SuccessionOptions {
  readonly directory: DataDirectory;
  readonly sockets: ListeningSockets | undefined;
  readonly terminal: Terminal;
  state(): UpState;
}

/** At most one successor at a time, and none after one was yielded to. */
export class Succession {
  /** Resolves when a successor owns the data directory and this `up` is to drain and end. */
  readonly yielded: Promise<void>;
  readonly #options: SuccessionOptions;
  readonly #yield = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #settled: Promise<void> = Promise.resolve();
  #state: "none" | "under-way" | "yielded" = "none";

  constructor(options: SuccessionOptions) {
    this.#options = options;
    this.yielded = this.#yield.promise;
  }

  get hasYielded(): boolean {
    return this.#state === "yielded";
  }

  /** The answer to a request; undefined when a successor has the connection now. */
  answer(request: ControlRequest, connection: Socket): object | undefined {
    if (request.request === "yield") return this.#answerYield(request.pid);
    const { sockets } = this.#options;
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    if (sockets === undefined) {
      return { refused: "no-sockets", message: "On this system, or with this Node, sockets cannot be handed over." };
    }
    try {
      this.#begin(request, sockets, connection);
      return undefined;
    } catch (error) {
      return { refused: "unknown", message: `The new version cannot be started: ${messageOf(error)}` };
    }
  }

  /** Resolves when no successor is under way. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /** Ends a successor, unless the data directory is its own already. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      if (readState(this.#options.directory.stateFile)?.owner.pid === child.pid) return;
      child.kill("SIGTERM");
    }
    await this.#settled;
  }

  #refusal(): Refusal | undefined {
    if (this.#state === "under-way") return { refused: "busy", message: "Another version is being started already." };
    if (this.#state === "yielded" || this.#options.state().phase !== "running") {
      return { refused: "not-serving", message: "The running Evertrack is about to end." };
    }
    return undefined;
  }

  #answerYield(pid: number): object {
    if (this.#state !== "under-way" || this.#child?.pid !== pid) {
      return { refused: "unknown", message: "Only a successor that was started here is yielded to." };
    }
    this.#state = "yielded";
    this.#yield.resolve();
    return { yielding: true };
  }

  #begin(request: ReplaceRequest, sockets: ListeningSockets, connection: Socket): void {
    const { directory, terminal } = this.#options;
    const { command, args, cwd, env } = request.program;
    connection.pause();
    const output = openSync(takeoverLog(directory), "a", 0o600);
    const descriptors = sockets.all().flatMap(({ api, management }) => [api, management]);
    const takeover = JSON.stringify(this.#takeover(request));
    const child = spawn(command, args, {
      cwd,
      env: { ...env, [TAKEOVER_ENV]: takeover },
      detached: true,
      stdio: ["ignore", output, output, connection, ...descriptors],
    });
    closeSync(output);
    // The successor has the connection; this copy of it is closed without a farewell.
    connection.destroy();
    child.unref();
    terminal.line(`Evertrack ${request.version} is being started beside this one.`);
    this.#state = "under-way";
    this.#child = child;
    const watching = this.#watch(child, request.version).catch((error: unknown) =>
      terminal.note(`After a failed take-over: ${messageOf(error)}`),
    );
    // The one before may still be cleared away.
    this.#settled = Promise.all([this.#settled, watching]).then(() => undefined);
  }

  #takeover(request: ReplaceRequest): Takeover {
    const state = this.#options.state();
    return {
      protocol: PROTOCOL,
      version: state.version,
      owner: state.owner,
      control: state.control ?? "",
      host: state.host,
      database: state.database ?? "",
      terminal: request.terminal,
      instances: state.instances.map((instance) => ({
        ...instance,
        sockets: { api: SOCKETS_FD + 2 * instance.index, management: SOCKETS_FD + 2 * instance.index + 1 },
      })),
    };
  }

  /** Until the successor has ended or was yielded to. */
  async #watch(child: ChildProcess, version: string): Promise<void> {
    const ending = await Promise.race([endingOf(child), this.yielded]);
    if (ending === undefined || this.hasYielded) return;
    const left = this.#takeBack(child.pid);
    // At once: whoever sees that no successor is recorded any more may start the next.
    this.#child = undefined;
    this.#state = "none";
    await endProcesses(left, "SIGTERM");
    const { terminal, state } = this.#options;
    terminal.line(`Evertrack ${version} did not take over (${endingText(ending)}); ${state().version} goes on.`);
  }

  /** Takes back the directory if a successor that is gone had it already, and returns the instances it left. */
  #takeBack(pid: number | undefined): ProcessIdentity[] {
    const { directory, state } = this.#options;
    const left = [readState(directory.nextStateFile), readState(directory.stateFile)].filter(
      (candidate) => candidate !== undefined && candidate.owner.pid === pid,
    );
    rmSync(directory.nextStateFile, { force: true });
    writeState(directory.stateFile, state());
    return left.flatMap(orphansOf);
  }
}
