import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { openTestPool } from "../../src/testing/index.ts";
import { committed } from "../measuring/backlog.ts";
import { CANDIDATES } from "./candidates.ts";

const PROGRAM = join(import.meta.dirname, "worker-program.ts");
const LOOK_MS = 5;
const LAST_LOOK_MS = 20;
const DEADLINE_MS = 180_000;

/** What is measured once. */
export interface Measurement {
  readonly runsPerSecond: number;
  readonly commitsPerRun: number;
}

export interface MeasureOptions {
  readonly folder: string;
  readonly runs: number;
  readonly processes: number;
  readonly concurrency: number;
}

/** Runs one candidate on a fresh database: from the first job done until the last one's end is in the database. */
export async function measure(name: string, options: MeasureOptions): Promise<Measurement> {
  const database = await testDatabase();
  const pool = openTestPool(database.url, 1);
  const workers: ChildProcess[] = [];
  try {
    await prepare(name, database.url, options);
    await pool.query("vacuum analyze");
    const commitsBefore = await committed(pool);
    const done = new Map<ChildProcess, number>();
    for (let n = 0; n < options.processes; n++) workers.push(startWorker(name, database.url, options, done));
    const total = () => [...done.values()].reduce((sum, each) => sum + each, 0);
    const deadlineMs = performance.now() + DEADLINE_MS;
    await until(`${name} does its first job`, deadlineMs, () => total() > 0);
    const [startedMs, doneAtStart] = [performance.now(), total()];
    await until(`${name} has done all jobs`, deadlineMs, () => total() >= options.runs);
    let looks = 0;
    const doneSql = CANDIDATES[name]?.doneSql ?? "";
    for (let landed = 0; landed < options.runs; looks++) {
      if (performance.now() > deadlineMs) throw new Error(`${name}: ${landed} of ${options.runs} ends have landed`);
      if (looks > 0) await delay(LAST_LOOK_MS);
      const parameters = doneSql.includes("$1") ? [options.runs] : [];
      landed = (await pool.query<{ done: number }>(doneSql, parameters)).rows[0]?.done ?? 0;
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const commits = (await committed(pool)) - commitsBefore - looks;
    return { runsPerSecond: (options.runs - doneAtStart) / seconds, commitsPerRun: commits / options.runs };
  } finally {
    await Promise.all(workers.map(ended));
    await pool.end();
    await database.drop();
  }
}

async function prepare(name: string, url: string, { folder, runs }: MeasureOptions): Promise<void> {
  const child = fork(PROGRAM, ["prepare", name, url, folder, String(runs)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error(`${name} could not queue its jobs`);
}

function startWorker(
  name: string,
  url: string,
  options: MeasureOptions,
  done: Map<ChildProcess, number>,
): ChildProcess {
  const { folder, concurrency } = options;
  const child = fork(PROGRAM, ["work", name, url, folder, String(concurrency)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.on("message", (message: { done: number }) => done.set(child, message.done));
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

async function until(what: string, deadlineMs: number, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
    await delay(LOOK_MS);
  }
}
