import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WORKER_SETTINGS_VARIABLE, type WorkerSettings } from "./worker-settings.ts";

const PROGRAM = fileURLToPath(new URL("worker-program.ts", import.meta.url));
const OUTPUT_CHARS_MAX = 200_000;

/** A running worker program. */
export interface WorkerProcess {
  readonly id: string;
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  isAlive(): boolean;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

/** The worker programs of one test; `killAll` leaves none behind. */
export class WorkerProcesses {
  readonly #all: WorkerProcess[] = [];

  /** Starts a program and waits until its engine runs. */
  async start(settings: WorkerSettings): Promise<WorkerProcess> {
    const child = fork(PROGRAM, {
      env: { ...process.env, [WORKER_SETTINGS_VARIABLE]: JSON.stringify(settings) },
      silent: true,
    });
    const worker = watch(settings.id, child);
    this.#all.push(worker);
    const ready = new Promise<void>((resolve) => child.once("message", () => resolve()));
    await Promise.race([ready, worker.gone]);
    if (!worker.isAlive()) throw new Error(`worker ${settings.id} did not start:\n${worker.output()}`);
    return worker;
  }

  /** Everything all of them printed. */
  output(): string {
    return this.#all.map((worker) => `--- ${worker.id}\n${worker.output()}`).join("\n");
  }

  async killAll(): Promise<void> {
    for (const worker of this.#all) if (worker.isAlive()) worker.signal("SIGKILL");
    await Promise.all(this.#all.map((worker) => worker.gone));
  }
}

function watch(id: string, child: ChildProcess): WorkerProcess {
  let output = "";
  let alive = true;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const gone = new Promise<void>((resolve) =>
    child.once("exit", () => {
      alive = false;
      resolve();
    }),
  );
  return {
    id,
    pid: child.pid ?? 0,
    output: () => output,
    isAlive: () => alive,
    signal: (name) => void child.kill(name),
    gone,
  };
}
