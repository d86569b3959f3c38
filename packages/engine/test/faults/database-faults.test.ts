import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensurePostgres, stopPostgres } from "@evertrack/embedded-postgres";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom, until } from "../../src/testing/index.ts";
import { threeSteps } from "./definitions.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import type { WorkerProcess } from "./worker-process.ts";

const RUNS = 400;
const DEADLINE_MS = 90_000;
const HOG_MS = 3000;
const REFUSALS_ENOUGH = 30;

let directory: string;
let bench: FaultBench;
let workers: WorkerProcess[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "evertrack-engine-"));
  const { url } = await ensurePostgres({ dataDirectory: directory, settings: { max_connections: "60" } });
  bench = await openFaultBench(url);
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.log(bench.workers.output().slice(-20_000));
  await bench.close();
  await stopPostgres({ dataDirectory: directory, mode: "immediate" });
  await rm(directory, { recursive: true, force: true });
});

async function startWorkers(poolSize: number): Promise<void> {
  workers = [];
  for (const id of ["one", "two"])
    workers.push(await bench.workers.start({ url: bench.url, id, poolSize, stepMs: [5, 60] }));
}

function done(): Promise<number> {
  return bench.count("wf_run where status = 'COMPLETED'").catch(() => 0);
}

async function expectAllDone(): Promise<void> {
  await until("every run is done", async () => (await done()) === RUNS, DEADLINE_MS);
  expect(await bench.count("wf_step")).toBe(RUNS * 3);
  expect(workers.map((worker) => worker.isAlive())).toEqual([true, true]);
}

test("PostgreSQL stopped like a crash twice: the workers survive and nothing is lost", {
  timeout: DEADLINE_MS,
}, async () => {
  await startWorkers(5);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  for (const share of [0.1, 0.4]) {
    await until("some runs are done", async () => (await done()) > RUNS * share, DEADLINE_MS);
    await stopPostgres({ dataDirectory: directory, mode: "immediate" });
    await ensurePostgres({ dataDirectory: directory, settings: { max_connections: "60" } });
  }
  await expectAllDone();
});

test("connections are killed at random: the workers survive and nothing is lost", {
  timeout: DEADLINE_MS,
}, async () => {
  const random = seededRandom();
  await startWorkers(5);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  while ((await done()) < RUNS * 0.8) {
    await bench.pool
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and random() < $1`,
        [0.2 + random() * 0.3],
      )
      .catch(() => undefined);
    await sleep(200);
  }
  await expectAllDone();
});

test("no connection is to be had for a while: the workers survive, claim nothing and go on", {
  timeout: DEADLINE_MS,
}, async () => {
  await startWorkers(5);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  await until("some runs are done", async () => (await done()) > RUNS * 0.1, DEADLINE_MS);
  const hogs = await takeEveryConnection();
  const doneBefore = await done();
  await sleep(HOG_MS);
  expect(await done()).toBeLessThanOrEqual(doneBefore);
  expect(workers.map((worker) => worker.isAlive())).toEqual([true, true]);
  await Promise.all(hogs.map((hog) => hog.end().catch(() => undefined)));
  await expectAllDone();
});

/** Takes the places of the workers' connections as they are lost, until none is left to be had. */
async function takeEveryConnection(): Promise<pg.Client[]> {
  const hogs: pg.Client[] = [];
  let refusals = 0;
  while (refusals < REFUSALS_ENOUGH) {
    const hog = new pg.Client({ connectionString: bench.url });
    hog.on("error", () => undefined);
    try {
      await hog.connect();
      hogs.push(hog);
    } catch {
      refusals++;
      await bench.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where query like '/* engine.%' and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
    }
  }
  return hogs;
}

test("a pool of one connection is enough: nothing waits for itself", { timeout: DEADLINE_MS }, async () => {
  await startWorkers(1);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  await expectAllDone();
});
