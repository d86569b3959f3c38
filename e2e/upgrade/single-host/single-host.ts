import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Build } from "../../harness/derived-build.ts";
import { freePort } from "../../harness/free-port.ts";
import { until } from "../../harness/until.ts";

const RUNNING_MAX_MS = 240_000;

interface ProcessIdentity {
  readonly pid: number;
}

/** What a data directory says about who runs it. */
export interface UpState {
  readonly version: string;
  readonly phase: string;
  readonly owner: ProcessIdentity;
  readonly instances: readonly { readonly process?: ProcessIdentity }[];
}

/** A command line that runs. */
export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

/** One machine with a data directory of its own, on which `up`s of several builds run, one after the other. */
export class SingleHost {
  readonly directory: string;
  readonly url: string;
  readonly managementUrl: string;
  readonly #ports: readonly string[];
  readonly #environment: Record<string, string>;

  private constructor(directory: string, port: number, managementPort: number, environment: Record<string, string>) {
    this.directory = directory;
    this.url = `http://127.0.0.1:${port}`;
    this.managementUrl = `http://127.0.0.1:${managementPort}`;
    this.#ports = ["--port", String(port), "--management-port", String(managementPort)];
    this.#environment = environment;
  }

  static async create(environment: Record<string, string> = {}): Promise<SingleHost> {
    const directory = await mkdtemp(join(tmpdir(), "evertrack-host-"));
    return new SingleHost(directory, await freePort(), await freePort(), environment);
  }

  /** Types `up`, and does not wait. */
  up(build: Build, args: readonly string[] = []): Command {
    return this.#run(build, ["up", ...this.#ports, ...args]);
  }

  /** Types `up` and waits until it serves. */
  async serve(build: Build, args: readonly string[] = []): Promise<Command> {
    const command = this.up(build, args);
    const ended = command.ended.then((code) => {
      throw new Error(`up ended with ${code}:\n${command.output()}`);
    });
    ended.catch(() => undefined);
    const serves = until("it serves", RUNNING_MAX_MS, async () => command.output().includes("Ctrl-C"));
    await Promise.race([serves, ended]);
    return command;
  }

  down(build: Build): Promise<number | null> {
    return this.#run(build, ["down"]).ended;
  }

  state(file: "up.json" | "up-next.json" = "up.json"): UpState | undefined {
    const path = join(this.directory, file);
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as UpState) : undefined;
  }

  /** The version that answers. */
  async version(): Promise<string> {
    const answer = await fetch(`${this.url}/api/version`, { headers: { Connection: "close" } });
    return ((await answer.json()) as { version: string }).version;
  }

  async remove(build: Build): Promise<void> {
    await this.down(build);
    await rm(this.directory, { recursive: true, force: true });
  }

  #run(build: Build, args: readonly string[]): Command {
    const child = spawn(process.execPath, [build.cliProgram, ...args, "--data-dir", this.directory], {
      env: { PATH: process.env.PATH, HOME: this.directory, DT_BCRYPT_ROUNDS: "4", ...this.#environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
    return { child, output: () => output, ended: once(child, "close").then(([code]) => code as number | null) };
  }
}

/** Asks health all the time, each time on a new connection, as front doors do, and notes every answer but 200. */
export function watchHealth(managementUrl: string): () => Promise<string[]> {
  const others: string[] = [];
  const over = new AbortController();
  const watch = async () => {
    while (!over.signal.aborted) {
      const said = await fetch(`${managementUrl}/health/ready`, { headers: { Connection: "close" } }).then(
        async (answer) => (answer.status === 200 ? undefined : `${answer.status} ${await answer.text()}`),
        (error: unknown) => String(error instanceof Error ? (error.cause ?? error) : error),
      );
      if (said !== undefined) others.push(said);
      await new Promise((resolve) => setTimeout(resolve, HEALTH_PAUSE_MS));
    }
  };
  const watching = watch();
  return async () => {
    over.abort();
    await watching;
    return others;
  };
}

const HEALTH_PAUSE_MS = 100;
