import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow, UnknownStep } from "../index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine } from "../testing/index.ts";

const raw = (input: unknown) => input;
const counted = activityRef<string, number>("counted", { queue: "default", retry: { attemptsMax: 1 } });
const done: string[] = [];
const failing = new Set<string>();

/** Does something, or fails as the test asks. */
function act(what: string): number {
  done.push(what);
  if (failing.has(what)) throw new Error(`${what} fails`);
  return done.filter((each) => each === what).length;
}

const inner = defineWorkflow({
  name: "inner",
  input: raw,
  async run(ctx) {
    await ctx.step("inner-step", () => act("inner-step"));
    return ctx.activity(counted, "inner-activity");
  },
});
const line = defineWorkflow({
  name: "line",
  input: raw,
  async run(ctx) {
    const first = await ctx.step("first", () => act("first"));
    const second = await ctx.activity(counted, "second", { key: "second" });
    const third = await ctx.child(inner, null, { key: "third" });
    const fourth = await ctx.step("fourth", () => act("fourth"), { attemptsMax: 1 });
    return [first, second, third, fourth];
  },
});
const fork = defineWorkflow({
  name: "fork",
  input: raw,
  async run(ctx) {
    const handles = ["left", "right"].map((name) => ctx.startActivity(counted, name, { key: name }));
    const sums = await Promise.allSettled(handles.map((handle) => handle.result()));
    const after = await ctx.step("after", () => act("after"));
    return [...sums.map((sum) => (sum.status === "fulfilled" ? sum.value : "failed")), after];
  },
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [inner, line, fork],
    activities: [
      defineActivity<string, number, SqlExecutor>({
        name: "counted",
        input: String,
        async execute(ctx, what) {
          await ctx.tx("effect", async () => act(`${what}-effect`));
          return act(what);
        },
      }),
    ],
  });
});
beforeEach(() => {
  done.length = 0;
  failing.clear();
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

test("a retry from a step repeats that step and all behind it, and nothing before it", async () => {
  const { client } = t.engine;
  const id = await t.start(line, null);
  expect((await t.finished(id)).output).toEqual([1, 1, 1, 1]);
  done.length = 0;
  expect(await client.retry(id, { fromStep: "third" })).toBe(true);
  expect(await t.reached(id, "COMPLETED")).toMatchObject({ output: [1, 1, 1, 1] });
  expect(done).toEqual(["inner-step", "inner-activity-effect", "inner-activity", "fourth"]);
  expect(await client.listRuns({ rootId: id, limit: 9 })).toHaveLength(3);
  expect((await client.getSteps(id)).map(({ name }) => name)).toEqual(["first", "fourth"]);
});

test("a retry from the last step repeats only that one", async () => {
  const id = await t.start(line, null);
  await t.finished(id);
  done.length = 0;
  expect(await t.engine.client.retry(id, { fromStep: "fourth" })).toBe(true);
  await t.reached(id, "COMPLETED");
  expect(done).toEqual(["fourth"]);
});

test("a failed run can be retried from a step before the one that failed", async () => {
  failing.add("fourth");
  const id = await t.start(line, null);
  expect((await t.finished(id)).status).toBe("FAILED");
  failing.clear();
  done.length = 0;
  expect(await t.engine.client.retry(id, { fromStep: "second" })).toBe(true);
  await t.reached(id, "COMPLETED");
  expect(done).toEqual([
    ...["second-effect", "second"],
    ...["inner-step", "inner-activity-effect", "inner-activity"],
    "fourth",
  ]);
});

test("of parallel children only the named one is repeated, with what came after it", async () => {
  const id = await t.start(fork, null);
  await t.finished(id);
  done.length = 0;
  expect(await t.engine.client.retry(id, { fromStep: "left" })).toBe(true);
  await t.reached(id, "COMPLETED");
  expect(done).toEqual(["left-effect", "left", "after"]);
});

test("what failed before the named step is done anew too, without what it had done well", async () => {
  failing.add("right");
  const id = await t.start(fork, null);
  expect((await t.finished(id)).output).toEqual([1, "failed", 1]);
  failing.clear();
  done.length = 0;
  expect(await t.engine.client.retry(id, { fromStep: "after" })).toBe(true);
  expect(await t.reached(id, "COMPLETED")).toMatchObject({ output: [1, 1, 1] });
  expect(done).toEqual(["right", "after"]);
});

test("an unknown step is refused by its name, and nothing changes", async () => {
  const id = await t.start(line, null);
  const before = await t.finished(id);
  const attempt = t.engine.client.retry(id, { fromStep: "fifth" });
  await expect(attempt).rejects.toThrow(UnknownStep);
  await expect(attempt).rejects.toThrow('has no step "fifth"');
  expect(await t.engine.client.getRun(id)).toEqual(before);
});

test("only ended root runs are retried, and completed ones only from a named step", async () => {
  const { client } = t.engine;
  const id = await t.start(line, null);
  await t.finished(id);
  expect(await client.retry(id)).toBe(false);
  const [child] = await client.listRuns({ rootId: id, limit: 1 });
  expect(await client.retry(child?.id ?? "", { fromStep: "effect" })).toBe(false);
  expect(await client.retry("00000000-0000-4000-8000-000000000000", { fromStep: "first" })).toBe(false);
  const queued = await t.start(line, null, { delayMs: 60_000 });
  expect(await client.retry(queued, { fromStep: "first" })).toBe(false);
});

test("what an owner of a repeated child still believes in lies below the fences of the new one", async () => {
  failing.add("second");
  const id = await t.start(line, null);
  await t.finished(id);
  const [first] = await t.engine.client.listRuns({ rootId: id, limit: 1 });
  const before = await t.engine.client.getRun(first?.id ?? "");
  failing.clear();
  await t.engine.client.retry(id);
  await t.reached(id, "COMPLETED");
  const after = await t.engine.client.getRun(first?.id ?? "");
  expect(after?.status).toBe("COMPLETED");
  expect(after?.attempts.at(-1)?.fence).toBeGreaterThan(before?.attempts.at(-1)?.fence ?? 0);
});
