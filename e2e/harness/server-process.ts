import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Build } from "./derived-build.ts";

/** As the command line starts the server. */
export const SERVER_NODE_FLAGS = ["--max-semi-space-size=4", "--heap-growing-percent=50"];
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
/** The program that tests run as processes when no build is named. */
const SERVER_PROGRAM = join(import.meta.dirname, "../../apps/server/src/start.mjs");

export interface ServerOptions {
  databaseUrl: string;
  dataDirectory: string;
  environment?: Record<string, string>;
  logFile?: string;
  /** Ports that outlive the process, for an instance that comes back at the address it had; 0 or absent takes any. */
  port?: number;
  managementPort?: number;
  /** Whose program runs; the work tree's when left out. */
  build?: Build;
}

interface LogLine {
  msg?: string;
  port?: number;
  instance?: string;
}

/** A server program of this repository as a process of its own, on free ports of 127.0.0.1. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  /** Base address of the API, without a trailing slash. */
  readonly url: string;
  readonly managementUrl: string;
  /** The instance's id, as it stands in run histories. */
  readonly instanceId: string;

  private constructor(
    child: ChildProcess,
    exited: Promise<number | null>,
    ports: { api: number; management: number },
    instanceId: string,
  ) {
    this.#child = child;
    this.#exited = exited;
    this.url = `http://127.0.0.1:${ports.api}`;
    this.managementUrl = `http://127.0.0.1:${ports.management}`;
    this.instanceId = instanceId;
  }

  /** Resolves once the API answers; rejects with the log's end when the process ends before. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const listen = ["-host", "127.0.0.1", "-port", String(options.port ?? 0)];
    const child = spawn(process.execPath, [...SERVER_NODE_FLAGS, programOf(options), ...listen], {
      env: environmentOf(options),
      stdio: ["ignore", "pipe", "pipe"],
      cwd: options.dataDirectory,
    });
    const exited = once(child, "exit").then(([code]) => code as number | null);
    const { ports, instanceId } = await readPorts(child, exited, options.logFile);
    return new ServerProcess(child, exited, ports, instanceId);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process was not started");
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGTERM, then the exit status. */
  async stop(): Promise<number | null> {
    if (this.running) this.#child.kill("SIGTERM");
    return this.ended();
  }

  /** The exit status of a process that is about to end. */
  ended(): Promise<number | null> {
    return withTimeout(this.#exited, STOP_TIMEOUT_MS, "the server did not stop");
  }

  /** SIGKILL: no clean-up of any kind. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill("SIGKILL");
    await this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** The server program, as an argument of Node. */
export function programOf({ build }: Pick<ServerOptions, "build">): string {
  return build?.serverProgram ?? SERVER_PROGRAM;
}

/** Environment of a server program of an installation. */
export function environmentOf({
  databaseUrl,
  dataDirectory,
  environment,
  managementPort = 0,
}: ServerOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: dataDirectory,
    DT_DATASOURCE_URL: databaseUrl,
    DT_DATA_DIRECTORY: dataDirectory,
    DT_MANAGEMENT_HOST: "127.0.0.1",
    DT_MANAGEMENT_PORT: String(managementPort),
    DT_BCRYPT_ROUNDS: "4",
    DT_SHUTDOWN_DRAIN_DELAY_MS: "0",
    ...environment,
  };
}

async function readPorts(child: ChildProcess, exited: Promise<number | null>, logFile: string | undefined) {
  const file = logFile === undefined ? undefined : createWriteStream(logFile, { flags: "a" });
  const tail: string[] = [];
  const ports = { api: 0, management: 0 };
  const keep = (line: string) => {
    file?.write(`${line}\n`);
    tail.push(line);
    if (tail.length > 30) tail.shift();
  };
  if (child.stderr) createInterface({ input: child.stderr }).on("line", keep);
  const ready = new Promise<string>((resolve) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      keep(line);
      const entry = parseLine(line);
      if (entry.msg === "management server listens") ports.management = entry.port ?? 0;
      if (entry.msg === "the API is ready") {
        ports.api = entry.port ?? 0;
        resolve(entry.instance ?? "");
      }
    });
  });
  const died = exited.then((code) => Promise.reject(new Error(`the server ended with ${code}:\n${tail.join("\n")}`)));
  died.catch(() => undefined);
  const instanceId = await withTimeout(
    Promise.race([ready, died]),
    START_TIMEOUT_MS,
    `the server did not become ready:\n${tail.join("\n")}`,
  );
  return { ports, instanceId };
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return {};
  }
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
