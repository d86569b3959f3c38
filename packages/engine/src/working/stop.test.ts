import { afterAll, afterEach, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, type Workflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const LONG_LEASE = { leaseMs: 60_000, beatMs: 500 };
const STEPS = 400;
const endless = activityRef<null, null>("endless", { queue: "default" });
const started: string[] = [];

const steps: Workflow<unknown, unknown> = defineWorkflow({
  name: "steps",
  input: (raw) => raw,
  async run(ctx) {
    for (let n = 0; n < STEPS; n++)
      await ctx.step(`step:${n}`, () => new Promise((resolve) => setTimeout(resolve, 10)));
  },
});
const longActivity = defineWorkflow({
  name: "long-activity",
  input: (raw) => raw,
  run: (ctx) => ctx.activity(endless, null),
});
const quick = defineWorkflow({ name: "quick", input: (raw) => raw, run: async () => "done" });

const database = await engineTestDatabase();
const engines: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop({ graceMs: 0 })));
});
afterAll(() => database.drop());

async function instance(id: string, finishes: boolean): Promise<TestEngine> {
  const engine = await startTestEngine(database.url, {
    instance: { id, version: "1.0.0" },
    lease: LONG_LEASE,
    workflows: [steps, longActivity, quick],
    activities: [
      defineActivity<null, null, SqlExecutor>({
        name: "endless",
        input: () => null,
        async execute(ctx) {
          started.push(id);
          if (!finishes) await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
          return null;
        },
      }),
    ],
  });
  engines.push(engine);
  return engine;
}

test("a graceful stop hands a workflow back at its next step, and another instance goes on at once", async () => {
  const [one, two] = [await instance("one", false), await instance("two", true)];
  await two.engine.stop();
  const id = await one.start(steps, null);
  await until("some steps are recorded", async () => (await one.engine.client.getSteps(id)).length > 3);
  await one.engine.stop();
  expect((await one.engine.client.getSteps(id)).length, "it did not wait for the rest").toBeLessThan(STEPS);
  const heir = await instance("heir", true);
  const run = await heir.reached(id, "COMPLETED");
  expect(run.takeOvers).toBe(0);
  expect(run.attempts.map(({ outcome, instanceId }) => [outcome, instanceId])).toEqual([
    ["HANDED_BACK", "one"],
    ["COMPLETED", "heir"],
  ]);
  expect(await heir.engine.client.getSteps(id)).toHaveLength(STEPS);
});

test("an activity is aborted after the grace period and handed back, not failed and not counted as an attempt", async () => {
  const one = await instance("one", false);
  const id = await one.start(longActivity, null);
  await until("the activity runs", () => started.includes("one"));
  await one.engine.stop({ graceMs: 50 });
  const heir = await instance("heir", true);
  expect((await heir.finished(id)).status).toBe("COMPLETED");
  const [activity] = await heir.engine.client.listRuns({ rootId: id, limit: 1 });
  expect(activity).toMatchObject({ attempt: 1, takeOvers: 0, status: "COMPLETED" });
});

test("a stopping leader gives leadership back at once, while its work still has time to end", async () => {
  const one = await instance("one", false);
  await until("it leads", () => one.engine.isLeader());
  const id = await one.start(longActivity, null);
  await until("the activity runs", () => started.filter((each) => each === "one").length > 1);
  const stopped = one.engine.stop({ graceMs: 60_000 });
  const two = await instance("two", true);
  await until("another one leads", () => two.engine.isLeader());
  expect(one.engine.status()).toMatchObject({ state: "stopping", leader: false, inFlight: 1 });
  await two.engine.client.cancel(id);
  await until("the cancelled activity is noticed", () => one.engine.status().inFlight === 0, 30_000);
  await stopped;
});

test("a stopped engine claims nothing and reports its state", async () => {
  const one = await instance("one", true);
  expect(one.engine.status()).toMatchObject({ state: "running", inFlight: 0 });
  await one.engine.stop();
  const id = await one.start(quick, null);
  expect(one.engine.status()).toMatchObject({ state: "stopped", leader: false });
  expect((await one.engine.client.getRun(id))?.status).toBe("CREATED");
});

test("an instance without workers starts runs and executes none", async () => {
  const web = await startTestEngine(database.url, { workers: { enabled: false }, leaderElection: { enabled: false } });
  engines.push(web);
  const id = await web.start(quick, null);
  expect((await web.engine.client.getRun(id))?.status).toBe("CREATED");
  expect(web.engine.isLeader()).toBe(false);
  const worker = await instance("worker", true);
  expect((await worker.finished(id)).status).toBe("COMPLETED");
});

test("while its writes fail a worker claims nothing", async () => {
  const one = await instance("one", true);
  await one.pool.query("alter table wf_step rename to wf_step_away");
  const id = await one.start(steps, null);
  await until("the worker is backed up", () => one.engine.status().backedUp);
  const second = await one.start(quick, null);
  await until("polls are skipped", () => one.engine.metrics().claims.backPressure > 2);
  expect((await one.engine.client.getRun(second))?.status).toBe("CREATED");
  await one.pool.query("alter table wf_step_away rename to wf_step");
  expect((await one.finished(second)).status).toBe("COMPLETED");
  await until("the kept writes have landed", async () => (await one.engine.client.getSteps(id)).length > 2);
});
