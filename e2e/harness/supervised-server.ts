import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Build } from "./derived-build.ts";
import { workTreeVersion } from "./releases.ts";
import { environmentOf, programOf, SERVER_NODE_FLAGS, type ServerOptions } from "./server-process.ts";
import { until } from "./until.ts";

const RESTART_DELAY_MS = 500;
const READY_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
const HEALTH_TIMEOUT_MS = 5_000;

/** One life of the process that is over. */
export interface ProcessEnd {
  readonly server: string;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** A signal of the test ended it; otherwise it ended by itself. */
  readonly asked: boolean;
  /** It had answered requests. */
  readonly wasReady: boolean;
  /** The last thing it said at level fatal, if it did. */
  readonly lastWords: string | undefined;
}

/** One process of a server, from its start to its end; times of `performance.now()`. */
export interface ServerLife {
  readonly version: string;
  readonly startedMs: number;
  readyMs?: number;
  /** When it was asked to stop. */
  drainingMs?: number;
  endedMs?: number;
  /** The signal that ended it, or its exit status. */
  ending?: string;
}

/** What the log told besides its ordinary lines. */
export interface LogFindings {
  /** Lines that are not JSON: what Node prints when an error was not caught. */
  readonly raw: string[];
  /** Messages at level error, with how often. */
  readonly errors: Map<string, number>;
}

interface LogLine {
  level?: string | number;
  msg?: string;
  instance?: string;
  err?: { message?: string };
}

/** A server at fixed ports that is started again whenever it ends, as a service manager would do it. */
export class SupervisedServer {
  readonly name: string;
  readonly url: string;
  readonly managementUrl: string;
  readonly port: number;
  readonly managementPort: number;
  readonly ends: ProcessEnd[] = [];
  readonly lives: ServerLife[] = [];
  readonly found: LogFindings = { raw: [], errors: new Map() };
  #options: ServerOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #asked = false;
  #ready = false;
  #retired = false;
  #instanceId: string | undefined;
  #lastWords: string | undefined;
  #loop: Promise<void> | undefined;

  constructor(name: string, options: ServerOptions & { port: number; managementPort: number; logFile: string }) {
    this.name = name;
    this.#options = options;
    this.port = options.port;
    this.managementPort = options.managementPort;
    this.url = `http://127.0.0.1:${options.port}`;
    this.managementUrl = `http://127.0.0.1:${options.managementPort}`;
    this.#log = createWriteStream(options.logFile, { flags: "a" });
  }

  /** Begins to keep it running; resolves once it answers for the first time. */
  async start(): Promise<void> {
    this.#loop = this.#keepRunning();
    await this.whenReady();
  }

  /** Of the present process; changes with every start. */
  get instanceId(): string | undefined {
    return this.#instanceId;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Signals the present process. SIGKILL and SIGTERM count as asked for when it ends. */
  signal(signal: NodeJS.Signals): void {
    if (signal === "SIGKILL" || signal === "SIGTERM") this.#asked = true;
    const life = this.lives.at(-1);
    if (signal === "SIGTERM" && life !== undefined) life.drainingMs ??= performance.now();
    this.#child?.kill(signal);
  }

  /** Resolves once the instance says by itself that it is ready. */
  async whenReady(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    await until(`${this.name} is ready`, timeoutMs, async () => {
      const answer = await fetch(`${this.managementUrl}/health/ready`, {
        signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
      });
      return answer.status === 200;
    });
  }

  /** SIGTERM, and from the next start on another build; resolves once that is ready. */
  async moveTo(build: Build): Promise<void> {
    this.#options = { ...this.#options, build };
    const left = this.#child;
    this.signal("SIGTERM");
    await until(`${this.name} stops`, STOP_TIMEOUT_MS, async () => left?.exitCode !== null || left.signalCode !== null);
    await this.whenReady();
  }

  /** SIGTERM, and no new start. */
  async retire(): Promise<void> {
    this.#retired = true;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const child = this.#child;
    const limit = setTimeout(() => child?.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#loop?.finally(() => clearTimeout(limit));
    this.#log.end();
  }

  async #keepRunning(): Promise<void> {
    while (!this.#retired) {
      await this.#live();
      if (!this.#retired) await delay(RESTART_DELAY_MS);
    }
  }

  async #live(): Promise<void> {
    this.#asked = false;
    this.#ready = false;
    this.#lastWords = undefined;
    const listen = ["-host", "127.0.0.1", "-port", String(this.port)];
    const child = spawn(process.execPath, [...SERVER_NODE_FLAGS, programOf(this.#options), ...listen], {
      env: environmentOf(this.#options),
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.#options.dataDirectory,
    });
    this.#child = child;
    const life: ServerLife = {
      version: this.#options.build?.version ?? workTreeVersion(),
      startedMs: performance.now(),
    };
    this.lives.push(life);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => this.#read(line));
    // "close" comes after the last line was read, "exit" may come before.
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    const { name: server } = this;
    const [asked, wasReady, lastWords] = [this.#asked, this.#ready, this.#lastWords];
    life.endedMs = performance.now();
    life.ending = signal ?? `exit status ${code}`;
    this.ends.push({ server, pid: child.pid ?? 0, code, signal, asked, wasReady, lastWords });
  }

  #read(line: string): void {
    this.#log.write(`${line}\n`);
    const entry = parsed(line);
    if (entry === undefined) {
      // A process killed while it wrote leaves the beginning of a line.
      if (line.trim() !== "" && !line.startsWith('{"')) this.found.raw.push(`${this.name}: ${line}`);
      return;
    }
    if (entry.msg === "the API is ready") {
      this.#ready = true;
      const life = this.lives.at(-1);
      if (life !== undefined) life.readyMs = performance.now();
      this.#instanceId = entry.instance;
    }
    const said = entry.err?.message === undefined ? entry.msg : `${entry.msg}: ${entry.err.message}`;
    if (isLevel(entry, "fatal", 60)) this.#lastWords = said;
    if (isLevel(entry, "error", 50) && said !== undefined)
      this.found.errors.set(said, (this.found.errors.get(said) ?? 0) + 1);
  }
}

function isLevel({ level }: LogLine, name: string, number: number): boolean {
  return level === name || level === number;
}

function parsed(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
