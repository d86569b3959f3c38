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
const DEADLINE_MS = 180_000;
const HOG_MS = 3000;
/** All of them can be had by the role of this test. */
const CONNECTIONS_MAX = 60;
const SETTINGS = { max_connections: String(CONNECTIONS_MAX) };

let directory: string;
let bench: FaultBench;
let workers: WorkerProcess[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "evertrack-engine-"));
  const { url } = await ensurePostgres({ dataDirectory: directory, settings: SETTINGS });
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
  timeout: 2 * DEADLINE_MS,
}, async () => {
  await startWorkers(5);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  for (const share of [0.1, 0.4]) {
    await until("some runs are done", async () => (await done()) > RUNS * share, DEADLINE_MS);
    await stopPostgres({ dataDirectory: directory, mode: "immediate" });
    await ensurePostgres({ dataDirectory: directory, settings: SETTINGS });
  }
  await expectAllDone();
});

test("connections are killed at random: the workers survive and nothing is lost", {
  timeout: 2 * DEADLINE_MS,
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
  timeout: 2 * DEADLINE_MS,
}, async () => {
  await startWorkers(5);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  await until("some runs are done", async () => (await done()) > RUNS * 0.1, DEADLINE_MS);
  const observer = new pg.Client({ connectionString: bench.url });
  await observer.connect();
  const hogs = await takeEveryConnection(observer);
  const unfinished = "select 1 from wf_run where status <> 'COMPLETED'";
  const before = (await observer.query(unfinished)).rowCount;
  await sleep(HOG_MS);
  expect((await observer.query(unfinished)).rowCount).toBe(before);
  expect(workers.map((worker) => worker.isAlive())).toEqual([true, true]);
  await Promise.all([observer, ...hogs].map((client) => client.end().catch(() => undefined)));
  await expectAllDone();
});

/**
 * Takes the places of all other connections as they are lost, until it has every one. That a connection is refused and no other
 * one is to be seen would not do: back ends that are just starting hold a place and are not to be seen yet.
 */
async function takeEveryConnection(observer: pg.Client): Promise<pg.Client[]> {
  const hogs: pg.Client[] = [];
  const connections = () =>
    observer.query<{ pid: number; hog: boolean }>(
      `select pid, application_name = 'hog' as hog from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
  while (hogs.length + 1 < CONNECTIONS_MAX) {
    const hog = new pg.Client({ connectionString: bench.url, application_name: "hog" });
    hog.on("error", () => undefined);
    const refused = await hog.connect().then(
      () => !hogs.push(hog),
      () => true,
    );
    if (!refused) continue;
    const others = (await connections()).rows.filter((connection) => !connection.hog);
    await observer.query("select pg_terminate_backend(pid) from unnest($1::int[]) as p(pid)", [
      others.map(({ pid }) => pid),
    ]);
  }
  return hogs;
}

test("a pool of one connection is enough: nothing waits for itself", { timeout: 2 * DEADLINE_MS }, async () => {
  await startWorkers(1);
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  await expectAllDone();
});
