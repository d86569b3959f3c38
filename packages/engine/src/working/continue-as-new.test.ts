import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { ATTEMPTS_KEPT } from "../store/end-runs.ts";
import { DOCUMENT_SIZE_MAX_BYTES } from "../store/json.ts";
import { deleteFinishedTrees } from "../store/retention.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const echo = activityRef<number, number>("echo", { queue: "default" });
let release = false;

const below = defineWorkflow({ name: "below", input: Number, run: (ctx, n) => ctx.activity(echo, n) });
const looping = defineWorkflow({
  name: "looping",
  input: Number,
  async run(ctx, n) {
    await ctx.child(below, n);
    if (n < 3) await ctx.continueAsNew(n + 1);
    await ctx.waitSignal("finish");
    return n;
  },
});
const impatient = defineWorkflow({
  name: "impatient",
  input: Number,
  async run(ctx, n) {
    const got = await ctx.waitSignal("late", n === 0 ? { timeoutMs: 20 } : {});
    if (n > 0) return got?.payload;
    await ctx.step("meanwhile", () => until("the signal is on its way", () => release));
    return ctx.continueAsNew(1);
  },
});
const endless = defineWorkflow({
  name: "endless",
  input: Number,
  async run(ctx, n) {
    if (n < ATTEMPTS_KEPT + 20) await ctx.continueAsNew(n + 1);
    return ctx.generation;
  },
});
const swelling = defineWorkflow({
  name: "swelling",
  input: (raw) => raw,
  run: (ctx) => ctx.continueAsNew("x".repeat(DOCUMENT_SIZE_MAX_BYTES)),
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [below, looping, impatient, endless, swelling],
    activities: [
      defineActivity<number, number, SqlExecutor>({ name: "echo", input: Number, execute: async (_ctx, n) => n }),
    ],
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

test("children of former generations can be deleted with all below them while the run lives on", async () => {
  const id = await t.start(looping, 0);
  await until("the last generation waits", async () => {
    const run = await t.engine.client.getRun(id);
    return run?.generation === 3 && run.status === "SUSPENDED" && run.waiting === "event";
  });
  await until("its child has ended", async () => {
    const runs = await t.engine.client.listRuns({ rootId: id, name: "below", limit: 9 });
    return runs.length === 1 && runs[0]?.status === "COMPLETED";
  });
  expect((await t.engine.client.listRuns({ rootId: id, limit: 9 })).map(({ name }) => name).sort()).toEqual([
    "below",
    "echo",
  ]);
  expect(await deleteFinishedTrees(t.database.executor, 0, 100)).toBe(3);
  expect((await t.pool.query("select 1 from wf_run where name in ('below', 'echo')")).rowCount).toBe(2);
  await t.engine.client.signal(id, "finish");
  expect((await t.finished(id)).output).toBe(3);
});

test("a signal that came after its wait was given up reaches the next generation", async () => {
  const id = await t.start(impatient, 0);
  await until("the wait was given up", async () =>
    (await t.engine.client.getSteps(id)).some(({ name }) => name === "signal:late"),
  );
  expect(await t.engine.client.signal(id, "late", "not lost")).toBe(true);
  release = true;
  expect((await t.finished(id)).output).toBe("not lost");
});

test("a run that continues again and again keeps a bounded history of its attempts", async () => {
  const run = await t.finished(await t.start(endless, 0));
  expect(run.output).toBe(ATTEMPTS_KEPT + 20);
  expect(run.attempts.length).toBeLessThanOrEqual(ATTEMPTS_KEPT + 2);
  expect(run.attempts.at(-1)?.outcome).toBe("COMPLETED");
});

test("an input that cannot be stored fails the run with the reason", async () => {
  const run = await t.finished(await t.start(swelling, null));
  expect(run).toMatchObject({ status: "FAILED", error: { type: "DocumentTooLarge" }, takeOvers: 0 });
});
