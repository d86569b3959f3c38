import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, workflowRef } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const POLLS = 8;
const raw = (input: unknown) => input;
const gated = activityRef<null, number>("gated", { queue: "default" });
const failing = activityRef<null, null>("failing", { queue: "default", retry: { initialMs: 1000, jitter: 0 } });
const nobodyKnows = workflowRef<null>("nobody-knows");
const seen = { gatedStarts: 0, aborted: 0, steps: [] as string[] };
let open = false;

const plain = defineWorkflow({ name: "plain", input: raw, run: async (ctx) => ctx.generation });
const withActivity = defineWorkflow({ name: "with-activity", input: raw, run: (ctx) => ctx.activity(gated, null) });
const retrying = defineWorkflow({ name: "retrying", input: raw, run: (ctx) => ctx.activity(failing, null) });
const outer = defineWorkflow({ name: "outer", input: raw, run: (ctx) => ctx.child(withActivity, null) });
const listening = defineWorkflow({
  name: "listening",
  input: raw,
  async run(ctx) {
    await ctx.step("before", () => seen.steps.push("before"));
    const got = await ctx.waitSignal("go");
    await ctx.sleep("nap", 30);
    return got?.payload;
  },
});
const busy = defineWorkflow({
  name: "busy",
  input: raw,
  async run(ctx) {
    for (let n = 0; n < 40; n++) await ctx.step(`s${n}`, () => new Promise((resolve) => setTimeout(resolve, 10)));
    return "done";
  },
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    lease: { leaseMs: 60_000, beatMs: 50 },
    workflows: [plain, withActivity, retrying, outer, listening, busy],
    activities: [
      defineActivity<null, number, SqlExecutor>({
        name: "gated",
        input: () => null,
        async execute(ctx) {
          const start = ++seen.gatedStarts;
          await until("the test lets it go, or it is aborted", () => open || ctx.signal.aborted);
          if (ctx.signal.aborted) seen.aborted++;
          return start;
        },
      }),
      defineActivity<null, null, SqlExecutor>({
        name: "failing",
        input: () => null,
        async execute(ctx) {
          if (ctx.attempt === 1) throw new Error("the first time");
          return null;
        },
      }),
    ],
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

/** Waits until the worker has looked for work some more times. */
async function polledMore(): Promise<void> {
  const polls = t.engine.metrics().claims.polls + POLLS;
  await until("the worker has looked for work", () => {
    t.engine.nudge();
    return t.engine.metrics().claims.polls >= polls;
  });
}

function childOf(rootId: string, name = "gated") {
  return until(`${name} is there`, async () => (await t.engine.client.listRuns({ rootId, name, limit: 1 }))[0]);
}

test("a run that has not started is held until it is resumed, and holding it again changes nothing", async () => {
  const id = await t.start(plain, null, { delayMs: 40 });
  expect(await t.engine.client.suspend(id)).toBe(true);
  expect(await t.engine.client.suspend(id)).toBe(true);
  await polledMore();
  expect((await t.engine.client.getRun(id))?.status).toBe("CREATED");
  expect(await t.engine.client.resume(id)).toBe(true);
  expect((await t.finished(id)).status).toBe("COMPLETED");
  expect(await t.engine.client.resume(id)).toBe(false);
});

test("holding and resuming answer false for a run that has ended, is unknown or was not held", async () => {
  const { client } = t.engine;
  const ended = await t.start(plain, null);
  await t.finished(ended);
  expect([await client.suspend(ended), await client.resume(ended)]).toEqual([false, false]);
  const unknown = "00000000-0000-4000-8000-000000000000";
  expect([await client.suspend(unknown), await client.resume(unknown)]).toEqual([false, false]);
  expect(await client.resume(await t.start(nobodyKnows, null))).toBe(false);
});

test("a running workflow stops at its next step, keeps what it recorded, and goes on behind it", async () => {
  const { client } = t.engine;
  const id = await t.start(busy, null);
  await until("some steps are recorded", async () => (await client.getSteps(id)).length > 3);
  expect(await client.suspend(id)).toBe(true);
  await until("its process has noticed", () => t.engine.status().inFlight === 0);
  const kept = (await client.getSteps(id)).map(({ name }) => name);
  await polledMore();
  expect((await client.getSteps(id)).map(({ name }) => name)).toEqual(kept);
  expect((await client.getRun(id))?.status).toBe("SUSPENDED");
  await client.resume(id);
  // The lease lasts for a minute: it goes on this soon because the former owner has let go.
  const run = await t.finished(id);
  expect(run).toMatchObject({ status: "COMPLETED", output: "done", takeOvers: 0 });
  expect(run.attempts.map(({ outcome }) => outcome)).toEqual(["HELD", "COMPLETED"]);
  expect(await client.getSteps(id)).toHaveLength(40);
});

test("a hold reaches everything below a run, aborts what runs at the next beat, and a resume lets all of it go on", async () => {
  open = false;
  const { client } = t.engine;
  const starts = seen.gatedStarts + 1;
  const id = await t.start(outer, null);
  await until("the activity runs", () => seen.gatedStarts === starts);
  expect(await client.suspend(id)).toBe(true);
  await until("the activity is aborted", () => seen.aborted > 0);
  await polledMore();
  expect((await client.listRuns({ rootId: id, limit: 9 })).map(({ status }) => status)).toEqual([
    "SUSPENDED",
    "SUSPENDED",
  ]);
  expect(seen.gatedStarts).toBe(starts);
  open = true;
  await client.resume(id);
  expect(await t.finished(id)).toMatchObject({ status: "COMPLETED", output: starts + 1 });
  expect(await client.listRuns({ rootId: id, limit: 9 })).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
});

test("signals and timers during a hold are not lost", async () => {
  const { client } = t.engine;
  const id = await t.start(listening, null);
  await t.reached(id, "SUSPENDED");
  await client.suspend(id);
  expect(await client.signal(id, "go", 7)).toBe(true);
  await polledMore();
  expect((await client.getRun(id))?.status).toBe("SUSPENDED");
  await client.resume(id);
  expect((await t.finished(id)).output).toBe(7);
  const sleeping = await t.start(listening, null);
  await client.signal(sleeping, "go", 8);
  await until("it sleeps", async () => (await client.getSteps(sleeping)).some(({ name }) => name === "sleep:nap"));
  await client.suspend(sleeping);
  await polledMore();
  await client.resume(sleeping);
  expect((await t.finished(sleeping)).output).toBe(8);
  expect(seen.steps).toEqual(["before", "before"]);
});

test("the end of a child during a hold of its parent is not lost", async () => {
  open = false;
  const { client } = t.engine;
  const id = await t.start(withActivity, null);
  const child = await childOf(id);
  await t.reached(child.id, "RUNNING");
  await client.suspend(id);
  await client.resume(child.id);
  open = true;
  expect((await t.finished(child.id)).status).toBe("COMPLETED");
  await polledMore();
  expect((await client.getRun(id))?.status).toBe("SUSPENDED");
  await client.resume(id);
  expect((await t.finished(id)).status).toBe("COMPLETED");
});

test("an attempt that waits for its time waits for the rest of it after the hold", async () => {
  const { client } = t.engine;
  const id = await t.start(retrying, null);
  const child = await childOf(id, "failing");
  const suspended = await t.reached(child.id, "SUSPENDED");
  await client.suspend(id);
  await client.resume(id);
  const run = await t.finished(child.id);
  const failedMs = Date.parse(suspended.attempts[0]?.finishedAt ?? "");
  expect(Date.parse(run.attempts.at(-1)?.startedAt ?? "") - failedMs).toBeGreaterThanOrEqual(1000);
  expect(run.attempt).toBe(2);
  expect((await t.finished(id)).status).toBe("COMPLETED");
});

test("a held run that has not started leaves its key to others; one that has its key keeps it", async () => {
  const { client } = t.engine;
  open = false;
  const options = { concurrencyKey: "k" };
  const head = await t.start(nobodyKnows, null, options);
  const next = await t.start(withActivity, null, options);
  const last = await t.start(plain, null, options);
  await polledMore();
  expect((await client.getRun(next))?.status).toBe("CREATED");
  await client.suspend(head);
  await t.reached(next, "SUSPENDED");
  await client.suspend(next);
  await polledMore();
  expect((await client.getRun(last))?.status).toBe("CREATED");
  open = true;
  await client.resume(next);
  expect((await t.finished(next)).status).toBe("COMPLETED");
  expect((await t.finished(last)).status).toBe("COMPLETED");
  await client.resume(head);
  await client.cancel(head);
});

test("a held run can be cancelled, and a hold leaves alone what is being cancelled", async () => {
  open = false;
  const { client } = t.engine;
  const id = await t.start(withActivity, null);
  const child = await childOf(id);
  await t.reached(child.id, "RUNNING");
  await client.suspend(id);
  expect(await client.cancel(id)).toBe(true);
  expect((await client.getRun(id))?.status).toBe("CANCELLED");
  const cancelled = await client.getRun(child.id);
  expect(cancelled?.status).toBe("CANCELLED");
  expect(
    cancelled?.attempts.map(({ outcome }) => outcome),
    "nobody had it when it was cancelled",
  ).toEqual(["HELD"]);
  expect(await client.resume(id)).toBe(false);
  expect(await client.retry(id)).toBe(true);
  open = true;
  expect((await t.finished(id)).status).toBe("COMPLETED");
});
