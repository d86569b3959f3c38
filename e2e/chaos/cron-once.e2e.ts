import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { everyTaskAt, expectEveryFiringOnce, firingsOf, unaccountedRuns } from "../harness/cron-firings.ts";
import { Fleet } from "../harness/fleet.ts";
import { until } from "../harness/until.ts";

const EVERY_MS = 5_000;
const WATCHED_MS = 30_000;
const TASKS = everyTaskAt("*/5 * * * * *");
const ENVIRONMENT = {
  ...TASKS,
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "3000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "3000",
};

let fleet: Fleet | undefined;
afterEach(() => fleet?.close());

test(`three instances, ${Object.keys(TASKS).length} tasks every 5 s, the leader killed midway: each firing once, none missed`, {
  timeout: 600_000,
}, async () => {
  const running = await Fleet.start({ webs: 0, workers: 3, environment: ENVIRONMENT });
  fleet = running;
  await until(
    "every task has fired",
    180_000,
    async () => countTasks(await firingsOf(running)) >= Object.keys(TASKS).length,
  );
  await delay(WATCHED_MS / 2);
  const [lease] = await running.rows<{ holder: string }>("select holder from wf_lease where name = 'leader'");
  const leader = running.workers.find(({ server }) => server.instanceId === lease?.holder);
  expect(leader).toBeDefined();
  await leader?.server.kill();
  await delay(WATCHED_MS / 2);
  const [now] = await running.rows<{ ms: number }>("select (extract(epoch from now()) * 1000)::float8 as ms");
  const lastDueMs = Math.floor((now?.ms ?? 0) / EVERY_MS) * EVERY_MS;
  await until("the last firing is there for every task", 180_000, async () => {
    const last = (await firingsOf(running)).filter(({ scheduledMs }) => scheduledMs === lastDueMs);
    return countTasks(last) === Object.keys(TASKS).length;
  });

  const firings = await firingsOf(running);
  const firedBy = new Set(firings.map((firing) => firing.firedBy));
  console.info(
    `${countTasks(firings)} tasks, ${firings.length} firings by ${firedBy.size} leaders, latest ${latestMs(firings)} ms late`,
  );
  expectEveryFiringOnce(firings, EVERY_MS);
  expect(firedBy.size, "leadership changed hands").toBeGreaterThan(1);
  expect(firings.filter(({ sameRuns }) => sameRuns > 1)).toEqual([]);
  expect(await unaccountedRuns(running)).toEqual([]);
});

function countTasks(firings: readonly { task: string }[]): number {
  return new Set(firings.map(({ task }) => task)).size;
}

function latestMs(firings: readonly { scheduledMs: number; firedMs: number }[]): number {
  return Math.round(Math.max(...firings.map(({ scheduledMs, firedMs }) => firedMs - scheduledMs)));
}
