import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, RunFailed, workflowRef } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { DOCUMENT_SIZE_MAX_BYTES } from "../store/json.ts";
import { engineTestDatabase, startTestEngine, type TestEngine } from "../testing/index.ts";

const raw = (input: unknown) => input;
const echo = activityRef<unknown, unknown>("echo", { queue: "default" });
const seen: string[] = [];
let gateOpen = false;

const child = defineWorkflow({
  name: "child",
  input: raw,
  async run(ctx, input) {
    if (input === "fail") throw new TypeError("as asked");
    return { input, labels: ctx.labels };
  },
});
const workflows = {
  untouched: defineWorkflow({
    name: "untouched",
    input: raw,
    async run(ctx) {
      try {
        await ctx.activity(echo, 1);
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
      }
    },
  }),
  mixed: defineWorkflow({
    name: "mixed",
    input: raw,
    async run(ctx) {
      const handles = Array.from({ length: 30 }, (_, n) => ctx.startActivity(echo, n, { key: `echo:${n}` }));
      const good = ctx.child(child, "ok", { labels: { own: "1" } });
      const bad = ctx.child(child, "fail", { key: "bad" }).catch((error: unknown) => error);
      const sum = (await Promise.all(handles.map((handle) => handle.result()))).reduce<number>(
        (a, b) => a + Number(b),
        0,
      );
      const failure = await bad;
      return { sum, good: await good, bad: failure instanceof RunFailed ? failure.failure : null };
    },
  }),
  twice: defineWorkflow({
    name: "twice",
    input: raw,
    async run(ctx) {
      await ctx.step("same", () => 1);
      await ctx.step("same", () => 2);
    },
  }),
  counting: defineWorkflow({
    name: "counting",
    input: Number,
    async run(ctx, n) {
      await ctx.activity(echo, n);
      await ctx.step("step", () => n);
      if (n < 3) await ctx.continueAsNew(n + 1);
      return { n, generation: ctx.generation };
    },
  }),
  clocked: defineWorkflow({
    name: "clocked",
    input: raw,
    async run(ctx) {
      const before = await ctx.now();
      await ctx.sleep("a while", 150);
      const after = await ctx.now("after");
      return after.getTime() - before.getTime();
    },
  }),
  impatient: defineWorkflow({
    name: "impatient",
    input: raw,
    run: (ctx) => ctx.waitSignal("never", { timeoutMs: 80 }),
  }),
  gated: defineWorkflow({
    name: "gated",
    input: raw,
    async run(ctx) {
      const first = await ctx.gate("new-shape");
      gateOpen = true;
      await ctx.sleep("so that it replays", 20);
      return { first, id: ctx.idFor("event") };
    },
  }),
  odd: defineWorkflow({
    name: "odd",
    input: raw,
    run: (ctx) =>
      ctx.step("odd", () => ({ text: "nul \u0000 and half \ud83d", when: new Date(0), nothing: undefined })),
  }),
  huge: defineWorkflow({
    name: "huge",
    input: raw,
    run: (ctx) => ctx.step("huge", () => "x".repeat(DOCUMENT_SIZE_MAX_BYTES + 1)),
  }),
  strict: defineWorkflow({
    name: "strict",
    input(input) {
      if (typeof input !== "number") throw new Error("expected a number");
      return input;
    },
    run: async (_ctx, input) => input,
  }),
  orphanage: defineWorkflow({
    name: "orphanage",
    input: raw,
    async run(ctx) {
      await ctx.child(workflowRef<null>("nobody-knows"), null, { instanceId: "taken" });
    },
  }),
};

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [child, ...Object.values(workflows)],
    activities: [
      defineActivity<unknown, unknown, SqlExecutor>({
        name: "echo",
        input: raw,
        execute: async (_ctx, input) => input,
      }),
    ],
    gate: async () => gateOpen,
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

test("a suspended workflow is not unwound: catch and finally run once, in their own time", async () => {
  await t.finished(await t.start(workflows.untouched, null));
  expect(seen).toEqual(["finally"]);
});

test("thirty activities and two children in parallel: results and failures come back", async () => {
  const run = await t.finished(await t.start(workflows.mixed, null, { labels: { project: "p" } }));
  expect(run.output).toMatchObject({
    sum: 435,
    good: { input: "ok", labels: { project: "p", own: "1" } },
    bad: { type: "TypeError", message: "as asked" },
  });
});

test("a step name used twice fails the run instead of reading the other step's result", async () => {
  const run = await t.finished(await t.start(workflows.twice, null));
  expect(run).toMatchObject({ status: "FAILED", error: { message: expect.stringContaining('"same" is used twice') } });
});

test("a run that continues as new starts over with the new input and no recorded steps", async () => {
  const id = await t.start(workflows.counting, 0);
  const run = await t.finished(id);
  expect(run.output).toEqual({ n: 3, generation: 3 });
  expect((await t.engine.client.getSteps(id)).map((step) => step.output)).toEqual([3]);
  expect(await t.engine.client.listRuns({ name: "echo", rootId: id, limit: 9 })).toHaveLength(1);
});

test("a sleep lasts as long as asked by the database's clock", async () => {
  const run = await t.finished(await t.start(workflows.clocked, null));
  expect(run.output).toBeGreaterThanOrEqual(150);
});

test("waiting for a signal ends with null after its time-out", async () => {
  expect(await t.finished(await t.start(workflows.impatient, null))).toMatchObject({
    status: "COMPLETED",
    output: null,
  });
});

test("a gate is read once per run, and derived ids are the same on every replay", async () => {
  const id = await t.start(workflows.gated, null);
  const run = await t.finished(id);
  expect(run.output).toMatchObject({ first: false, id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/) });
});

test("text that jsonb cannot hold is stored in a readable form", async () => {
  const run = await t.finished(await t.start(workflows.odd, null));
  expect(run).toMatchObject({
    status: "COMPLETED",
    output: { text: "nul \ufffd and half \ufffd", when: "1970-01-01T00:00:00.000Z" },
  });
});

test("an output larger than the limit fails its run, not its neighbours", async () => {
  const [huge, fine] = [await t.start(workflows.huge, null), await t.start(workflows.odd, null)];
  expect(await t.finished(huge)).toMatchObject({
    status: "FAILED",
    error: { message: expect.stringContaining("at most") },
  });
  expect((await t.finished(fine)).status).toBe("COMPLETED");
});

test("an input its parser refuses fails the run", async () => {
  // An older version stored another shape.
  const id = await t.start(workflowRef<string>("strict"), "seven");
  expect(await t.finished(id)).toMatchObject({ status: "FAILED", error: { type: "InputInvalid", retryable: false } });
});

test("a child whose instance id is taken is refused instead of waited for", async () => {
  await t.start(workflowRef<null>("nobody-knows"), null, { instanceId: "taken" });
  const run = await t.finished(await t.start(workflows.orphanage, null));
  expect(run.error?.message).toContain("instance id taken exists already");
});
