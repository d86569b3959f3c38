import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, workflowRef } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const held = activityRef<null, null>("held", { queue: "default" });
let release = false;

const plain = defineWorkflow({ name: "plain", input: (raw) => raw, run: async () => "done" });
const withActivity = defineWorkflow({
  name: "with-activity",
  input: (raw) => raw,
  run: (ctx) => ctx.activity(held, null),
});
const waiting = defineWorkflow({
  name: "waiting",
  input: (raw) => raw,
  run: async (ctx) => (await ctx.waitSignal("go"))?.payload,
});
const failingOnce = defineWorkflow({
  name: "failing-once",
  input: (raw) => raw,
  async run(ctx) {
    const first = await ctx.step("first", () => ++counters.first);
    await ctx.step(
      "second",
      () => {
        if (++counters.second === 1) throw new Error("the first time");
      },
      { attemptsMax: 1 },
    );
    return first;
  },
});
const nobodyKnows = workflowRef<null>("nobody-knows");
const counters = { first: 0, second: 0 };

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [plain, withActivity, waiting, failingOnce],
    activities: [
      defineActivity<null, null, SqlExecutor>({
        name: "held",
        input: () => null,
        async execute() {
          await until("the test lets it go", () => release);
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

test("a start rolled back with its caller leaves no run", async () => {
  let id: string | null = null;
  const attempt = t.database.transaction(async (tx) => {
    id = await t.engine.client.startRun(tx, plain, null);
    throw new Error("the caller changes its mind");
  });
  await expect(attempt).rejects.toThrow("changes its mind");
  expect(id).not.toBeNull();
  expect(await t.engine.client.getRun(String(id))).toBeNull();
});

test("a second run with a living instance id is not started, and the transaction stays usable", async () => {
  const first = await t.start(nobodyKnows, null, { instanceId: "single" });
  const [second, other] = await t.database.transaction(async (tx) => [
    await t.engine.client.startRun(tx, nobodyKnows, null, { instanceId: "single" }),
    await t.engine.client.startRun(tx, plain, null),
  ]);
  expect(second).toBeNull();
  expect((await t.finished(String(other))).status).toBe("COMPLETED");
  await t.engine.client.cancel(first);
  expect(await t.start(nobodyKnows, null, { instanceId: "single" })).not.toBe(first);
});

test("an unknown queue and a priority out of range are refused", async () => {
  await expect(t.start(workflowRef<null>("x", { queue: "nowhere" }), null)).rejects.toThrow(
    'no workflow queue "nowhere"',
  );
  await expect(t.start(plain, null, { priority: 101 })).rejects.toThrow("101");
});

test("a label stays active until the whole tree has ended", async () => {
  const { client } = t.engine;
  const id = await t.start(withActivity, null, { labels: { token: "t-1" } });
  expect(await client.findActiveByLabel("token", "t-1")).toBe(true);
  await t.reached(id, "SUSPENDED");
  const [child] = await client.listRuns({ rootId: id, limit: 5 });
  expect(child?.labels).toEqual({ token: "t-1" });
  expect(await client.findActiveByLabel("token", "t-1")).toBe(true);
  release = true;
  await t.finished(id);
  expect(await client.findActiveByLabel("token", "t-1")).toBe(false);
  expect(await client.findActiveByLabel("token", "unknown")).toBe(false);
});

test("runs are listed newest first, by name, state, label and cursor", async () => {
  const { client } = t.engine;
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push(await t.start(nobodyKnows, null, { labels: { list: "yes", n: String(n) } }));
  const filter = { name: "nobody-knows", status: "CREATED", labels: { list: "yes" } } as const;
  const page = await client.listRuns({ ...filter, limit: 2 });
  expect(page.map((run) => run.id)).toEqual([ids[2], ids[1]]);
  const rest = await client.listRuns({ ...filter, limit: 2, cursor: page[1]?.seq ?? 0 });
  expect(rest.map((run) => run.id)).toEqual([ids[0]]);
  expect(
    (await client.listRuns({ ...filter, labels: { n: "1", list: "yes" }, limit: 9 })).map((run) => run.id),
  ).toEqual([ids[1]]);
});

test("cancelling a run cancels everything below it", async () => {
  release = false;
  const { client } = t.engine;
  const id = await t.start(withActivity, null);
  await t.reached(id, "SUSPENDED");
  await until("the activity runs", async () => (await client.listRuns({ rootId: id, status: "RUNNING", limit: 1 }))[0]);
  expect(await client.cancel(id)).toBe(true);
  const [child] = await client.listRuns({ rootId: id, limit: 1 });
  expect((await t.finished(String(child?.id))).status).toBe("CANCELLED");
  expect((await client.getRun(id))?.status).toBe("CANCELLED");
  expect(await client.cancel(id)).toBe(false);
  release = true;
});

test("a signal wakes the run that waits for it, and one sent before the wait is not lost", async () => {
  const { client } = t.engine;
  const late = await t.start(waiting, null);
  await t.reached(late, "SUSPENDED");
  expect(await client.signal(late, "go", { n: 1 })).toBe(true);
  expect((await t.finished(late)).output).toEqual({ n: 1 });
  expect(await client.signal(late, "go")).toBe(false);
  const early = await t.start(waiting, null, { delayMs: 200 });
  await client.signal(early, "go", "early");
  expect((await t.finished(early)).output).toBe("early");
});

test("a failed run that is retried goes on from its last good step", async () => {
  const id = await t.start(failingOnce, null);
  expect((await t.finished(id)).status).toBe("FAILED");
  expect(await t.engine.client.retry(id)).toBe(true);
  expect(await t.reached(id, "COMPLETED")).toMatchObject({ output: 1 });
  expect(counters).toEqual({ first: 1, second: 2 });
  expect(await t.engine.client.retry(id)).toBe(false);
});

test("a run started here begins at once after its commit, not when its queue is looked at next", async () => {
  const own = await engineTestDatabase();
  const rarelyLooking = await startTestEngine(own.url, {
    workflows: [plain],
    polling: { intervalMs: 600_000, maxMs: 600_000 },
  });
  // 10 ms is the bar on a quiet machine (bench); here only polling must be excluded.
  for (let n = 0; n < 10; n++) await rarelyLooking.finished(await rarelyLooking.start(plain, null));
  await rarelyLooking.stop();
  await own.drop();
});
