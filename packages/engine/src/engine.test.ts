import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, Retryable, RunFailed, Terminal } from "./authoring/index.ts";
import type { SqlExecutor } from "./store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine } from "./testing/index.ts";

const any = (raw: unknown) => raw;
const greet = activityRef<string, string>("greet", { queue: "default" });
const flaky = activityRef<string, number>("flaky", { queue: "default", retry: { initialMs: 20, attemptsMax: 3 } });
const hopeless = activityRef<null, null>("hopeless", { queue: "default" });
const executions: string[] = [];

const oneStep = defineWorkflow({
  name: "one-step",
  input: (raw) => raw as { n: number },
  async run(ctx, input) {
    return ctx.step("double", () => input.n * 2);
  },
});
const parallel = defineWorkflow({
  name: "parallel",
  input: any,
  async run(ctx) {
    executions.push("parallel");
    const handles = ["a", "b", "c"].map((name) => ctx.startActivity(greet, name, { key: `greet:${name}` }));
    const results = await Promise.allSettled(handles.map((handle) => handle.result()));
    return results.map((result) => (result.status === "fulfilled" ? result.value : "?"));
  },
});
const retrying = defineWorkflow({
  name: "retrying",
  input: any,
  async run(ctx) {
    const attempts = await ctx.activity(flaky, ctx.runId);
    const failure = await ctx.activity(hopeless, null).catch((error: unknown) => error);
    return { attempts, type: failure instanceof RunFailed ? failure.failure.type : "?" };
  },
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [oneStep, parallel, retrying],
    activities: [
      defineActivity<string, string, SqlExecutor>({
        name: "greet",
        input: String,
        execute: async (_ctx, who) => `hello ${who}`,
      }),
      defineActivity<string, number, SqlExecutor>({
        name: "flaky",
        input: String,
        async execute(ctx) {
          if (ctx.attempt < 3) throw new Retryable("not yet");
          return ctx.attempt;
        },
      }),
      defineActivity<null, null, SqlExecutor>({
        name: "hopeless",
        input: () => null,
        async execute() {
          throw new Terminal("never");
        },
      }),
    ],
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

test("a run is completed with its output and its recorded step", async () => {
  const id = await t.start(oneStep, { n: 21 });
  const run = await t.finished(id);
  expect(run).toMatchObject({ status: "COMPLETED", output: 42 });
  expect(await t.engine.client.getSteps(id)).toMatchObject([{ name: "double", output: 42 }]);
});

test("activities run in parallel and their results come back in order", async () => {
  const run = await t.finished(await t.start(parallel, null));
  expect(run.output).toEqual(["hello a", "hello b", "hello c"]);
});

test("a retryable failure is tried again, a terminal one is told at once", async () => {
  const run = await t.finished(await t.start(retrying, null));
  expect(run.output).toEqual({ attempts: 3, type: "Terminal" });
});
