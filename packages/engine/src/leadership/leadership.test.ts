import { afterAll, beforeEach, expect, test } from "vitest";
import { defineWorkflow } from "../authoring/index.ts";
import { createClient } from "../client/client.ts";
import { pgEngineDatabase, type SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, openTestPool, quietLog, until } from "../testing/index.ts";
import { CRON_CATCH_UP_MAX, CronScheduler, type CronTask, parseSchedule } from "./cron.ts";
import { Election } from "./election.ts";

const database = await engineTestDatabase();
const pool = openTestPool(database.url, 20);
const engineDatabase = pgEngineDatabase(pool);
const { executor } = engineDatabase;
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_lease, wf_cron_firing, wf_run");
});

function candidate(id: string, leaseMs: number): Election {
  const instance = { id, version: "1" };
  const calls = { mayLead: () => true, onAcquired: () => undefined };
  return new Election({ executor, instance, leaseMs, checkMs: 20, log: quietLog(), ...calls });
}

test("of several candidates one leads, and a stop lets another one lead at once", async () => {
  const candidates = ["a", "b", "c"].map((id) => candidate(id, 60_000));
  for (const each of candidates) each.start();
  await until("somebody leads", () => candidates.some((each) => each.isLeader()));
  const leaders = candidates.filter((each) => each.isLeader());
  expect(leaders).toHaveLength(1);
  await leaders[0]?.stop();
  expect(leaders[0]?.isLeader()).toBe(false);
  await until("another one leads", () => candidates.some((each) => each.isLeader()));
  await Promise.all(candidates.map((each) => each.stop()));
});

test("a leader that cannot renew stops leading before its lease ends in the database", async () => {
  const alone = candidate("alone", 300);
  alone.start();
  await until("it leads", () => alone.isLeader());
  const holder = await pool.connect();
  await holder.query("begin");
  await holder.query("select 1 from wf_lease for update");
  await until("it leads no more", () => !alone.isLeader());
  await holder.query("rollback");
  holder.release();
  await alone.stop();
});

const ticked = defineWorkflow({ name: "ticked", input: (raw) => raw, run: async () => null });
const client = createClient({
  database: engineDatabase,
  workflowQueues: new Set(["default"]),
  onStarted: () => undefined,
});

function scheduler(task: Partial<CronTask<SqlExecutor>> = {}): CronScheduler<SqlExecutor> {
  const start: CronTask<SqlExecutor>["start"] = async (tx, by, firing) => {
    await by.startRun(tx, ticked, firing.toISOString());
  };
  const tasks = [{ name: "task", schedule: "* * * * *", start, ...task }];
  return new CronScheduler({ database: engineDatabase, client, instanceId: "me", log: quietLog(), tasks });
}

async function lastFiringWas(minutesAgo: number): Promise<void> {
  await pool.query(
    "insert into wf_cron_firing (task, scheduled_for) values ('task', date_trunc('minute', now()) - $1 * interval '1 minute')",
    [minutesAgo],
  );
}

async function count(table: string): Promise<number> {
  return (await pool.query(`select 1 from ${table}`)).rowCount ?? 0;
}

test("schedulers that tick at once fire each time once", async () => {
  await lastFiringWas(2);
  await Promise.all(Array.from({ length: 8 }, () => scheduler().tick()));
  expect(await count("wf_run")).toBe((await count("wf_cron_firing")) - 1);
  expect(await count("wf_run")).toBeGreaterThanOrEqual(2);
});

test("who loses leadership in the middle of firing goes no further", async () => {
  await lastFiringWas(3);
  let asked = 0;
  await scheduler().tick(() => ++asked <= 2);
  expect(await count("wf_run")).toBe(1);
  await scheduler().tick();
  expect(await count("wf_run")).toBe((await count("wf_cron_firing")) - 1);
});

test("firings missed for long are made up for only the newest few times", async () => {
  await lastFiringWas(600);
  await scheduler().tick();
  expect(await count("wf_run")).toBe(CRON_CATCH_UP_MAX);
});

test("a task seen for the first time fires from now on, not for the past", async () => {
  await scheduler({ schedule: "0 0 1 1 *" }).tick();
  expect(await count("wf_run")).toBe(0);
  expect(await count("wf_cron_firing")).toBe(1);
});

test("a firing whose start fails leaves no row and is tried again, before later ones", async () => {
  await lastFiringWas(3);
  let failures = 0;
  const flaky = scheduler({
    async start(tx, by, firing) {
      if (failures++ === 0) throw new Error("the first time");
      await by.startRun(tx, ticked, firing.toISOString());
    },
  });
  await flaky.tick();
  expect(await count("wf_cron_firing")).toBe(1);
  await flaky.tick();
  expect(await count("wf_run")).toBeGreaterThanOrEqual(3);
  expect(await count("wf_run")).toBe((await count("wf_cron_firing")) - 1);
});

test("schedules are read in UTC, and nonsense is refused", () => {
  expect(parseSchedule("30 4 * * *").nextRun(new Date("2026-03-01T05:00:00Z"))?.toISOString()).toBe(
    "2026-03-02T04:30:00.000Z",
  );
  expect(() => parseSchedule("every tuesday")).toThrow();
});
