import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "../../src/testing/index.ts";
import { parent, threeSteps } from "./definitions.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import { OVERLAPS } from "./trace.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Design size 3,000; the suite runs a part of it in bounded time. */
const RUNS = Number(process.env.EVERTRACK_CHAOS_RUNS ?? 1000);
const PARENTS = Math.ceil(RUNS / 3);
const KEYS = 40;
const KILLS_MAX = 8;
const KILL_EVERY_MS = 1200;
const DEADLINE_MS = 240_000;
/** Short, so that nobody waits long for what died; long enough for a busy machine to renew it in time. */
const LEASE_MS = 3000;
const WORKERS = ["one", "two", "three"];

let bench: FaultBench;
let random: () => number;
beforeEach(async () => {
  random = seededRandom();
  bench = await openFaultBench();
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.log(bench.workers.output().slice(-20_000));
  await bench.close();
});

function startWorker(id: string): Promise<WorkerProcess> {
  return bench.workers.start({ url: bench.url, id, leaseMs: LEASE_MS, concurrency: 30 });
}

/** Kills and replaces random workers until everything is done; answers how many were killed. */
async function killUntilDone(unfinished: () => Promise<number>): Promise<number> {
  const workers = await Promise.all(WORKERS.map((name) => startWorker(`${name}-0`)));
  const endMs = performance.now() + DEADLINE_MS;
  let kills = 0;
  while ((await unfinished()) > 0 && performance.now() < endMs) {
    await sleep(KILL_EVERY_MS * (0.5 + random()));
    if (kills >= KILLS_MAX) continue;
    const index = Math.floor(random() * workers.length);
    workers[index]?.signal("SIGKILL");
    workers[index] = await startWorker(`${WORKERS[index]}-${++kills}`);
  }
  return kills;
}

function unfinished(name: string): Promise<number> {
  return bench.count("wf_run where name = $1 and status <> 'COMPLETED'", [name]);
}

test("random kill -9 of three workers: no run is lost, no step is recorded twice", {
  timeout: DEADLINE_MS + 30_000,
}, async () => {
  await bench.startMany(threeSteps, RUNS, (n) => [{ n }]);
  const kills = await killUntilDone(() => unfinished(threeSteps.name));
  expect(kills).toBeGreaterThan(0);
  expect(await bench.count("wf_run where status = 'COMPLETED'")).toBe(RUNS);
  expect(await bench.count("wf_step")).toBe(RUNS * 3);
  expect(await bench.count("wf_run where output <> jsonb_build_array(input->'n', input->'n', input->'n')")).toBe(0);
});

test("random kill -9 of parents and children: one child per parent, no overlap of a key", {
  timeout: DEADLINE_MS + 30_000,
}, async () => {
  await bench.startMany(parent, PARENTS, (n) => {
    const key = `key${n % KEYS}`;
    return [
      { key, n },
      { concurrencyKey: key, priority: Math.floor(random() * 3) },
    ];
  });
  await killUntilDone(() => unfinished(parent.name));
  expect(await bench.count("wf_run where name = $1 and status = 'COMPLETED'", [parent.name])).toBe(PARENTS);
  const doubled =
    "(select parent_id from wf_run where parent_id is not null group by parent_id having count(*) <> 1) x";
  expect(await bench.count(doubled)).toBe(0);
  expect(await bench.count("wf_run where parent_id is not null")).toBe(PARENTS);
  expect(await bench.count("wf_run where name = $1 and output <> input->'n'", [parent.name])).toBe(0);
  expect(await bench.count(`(${OVERLAPS}) x`)).toBe(0);
});
