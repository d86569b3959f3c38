import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import { engineTestDatabase, startTestEngine, type TestEngine, until } from "../testing/index.ts";
import type { SqlExecutor } from "./database.ts";
import type { RunEvent } from "./run-events.ts";

const work = activityRef<string, { made: string }>("work", { queue: "default" });
const fragile = activityRef<null, null>("fragile", { queue: "default", retry: { attemptsMax: 2, initialMs: 1 } });
let failures = 0;

const child = defineWorkflow({ name: "child.v3", input: (raw) => raw, run: async () => "child's result" });
const everything = defineWorkflow({
  name: "everything",
  input: (raw) => raw,
  async run(ctx) {
    await ctx.step("note", () => ({ noted: true }));
    await ctx.activity(work, "this");
    await ctx.activity(fragile, null).catch(() => null);
    await ctx.child(child, null);
    await ctx.sleep("nap", 30);
    const signal = await ctx.waitSignal("go");
    await ctx.waitSignal("never", { timeoutMs: 20 });
    return signal?.payload;
  },
});
const large = defineWorkflow({ name: "large", input: (raw) => raw, run: async () => "x".repeat(20_000) });

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [everything, child, large],
    activities: [
      defineActivity<string, { made: string }, SqlExecutor>({
        name: "work",
        input: String,
        execute: async (_ctx, made) => ({ made }),
      }),
      defineActivity<null, null, SqlExecutor>({
        name: "fragile",
        input: () => null,
        async execute() {
          throw new Error(`failure ${++failures}`);
        },
      }),
    ],
  });
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

const FIRST = { from: 0, after: null, descending: false, limit: 1000 } as const;
const allOf = async (id: string) => (await t.engine.client.listRunEvents(id, FIRST)).events;
const only = (events: readonly RunEvent[], type: RunEvent["type"]) => events.filter((event) => event.type === type);

test("a run's history tells its steps, children, timers, signals and owners in the order they happened", async () => {
  const id = await t.start(everything, { asked: 1 }, { concurrencyKey: "k" });
  await until("it waits for the signal", async () =>
    (await t.engine.client.getSteps(id)).some((s) => s.name === "sleep:nap"),
  );
  await t.engine.client.signal(id, "go", { by: "hand" });
  await t.finished(id);
  const events = await allOf(id);
  expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  expect(events[0]).toMatchObject({ type: "runCreated", name: "everything", document: { asked: 1 } });
  expect(events[1]).toMatchObject({
    type: "runStarted",
    instanceId: expect.stringMatching(/^test-/),
    instanceVersion: "1.0.0",
  });
  expect(events.at(-1)).toMatchObject({ type: "runCompleted", outcome: "COMPLETED", document: { by: "hand" } });
  expect(only(events, "sideEffectExecuted")).toMatchObject([{ name: "note", document: { noted: true } }]);
  expect(only(events, "externalEventReceived")).toMatchObject([{ name: "go", document: { by: "hand" } }]);
  const timers = only(events, "timerCreated");
  expect(timers.map(({ name }) => name)).toEqual(["nap", "never"]);
  expect(only(events, "timerElapsed").map(({ beganWith }) => beganWith)).toEqual(timers.map(({ number }) => number));
  const created = only(events, "childCreated");
  expect(created.map(({ name, child: it }) => [name, it?.kind])).toEqual([
    ["work", "activity"],
    ["fragile", "activity"],
    ["child.v3", "workflow"],
  ]);
  const ended = only(events, "childEnded");
  expect(ended.map(({ beganWith }) => beganWith)).toEqual(created.map(({ number }) => number));
  expect(ended).toMatchObject([
    { document: { made: "this" }, child: { status: "COMPLETED" }, instanceVersion: "1.0.0" },
    { error: { message: "failure 2" }, attempt: 2, child: { status: "FAILED" } },
    { document: "child's result" },
  ]);
  expect(ended[1]?.error).not.toHaveProperty("stack");
  expect(only(events, "runResumed").length).toBe(only(events, "runSuspended").length);

  const activity = await allOf(String(created[1]?.child?.id));
  expect(activity.map(({ type, outcome }) => [type, outcome])).toEqual([
    ["runCreated", null],
    ["runStarted", null],
    ["runSuspended", "RETRY"],
    ["runResumed", null],
    ["runCompleted", "FAILED"],
  ]);
});

test("numbers stay while a run goes on: polling from the last one sees each event once", async () => {
  const id = await t.start(everything, null);
  const seen: RunEvent[] = [];
  const poll = async () => {
    const { events } = await t.engine.client.listRunEvents(id, { ...FIRST, from: seen.at(-1)?.number ?? 0 });
    seen.push(...events);
  };
  await until("it waits for the signal", async () => {
    await poll();
    return only(seen, "timerCreated").length > 0;
  });
  await t.engine.client.signal(id, "go");
  await until("it has ended", async () => {
    await poll();
    return only(seen, "runCompleted").length > 0;
  });
  expect(seen).toEqual(await allOf(id));
});

test("pages in both directions hold each event once, and know how many there are", async () => {
  const id = await t.start(everything, null);
  await t.engine.client.signal(id, "go");
  await t.finished(id);
  const all = await allOf(id);
  for (const descending of [false, true]) {
    const paged: RunEvent[] = [];
    for (let after: number | null = null, more = true; more; ) {
      const page = await t.engine.client.listRunEvents(id, { from: 3, after, descending, limit: 4 });
      expect(page.total).toBe(all.length - 3);
      paged.push(...page.events);
      after = page.events.at(-1)?.number ?? null;
      more = page.more;
    }
    expect(descending ? paged.toReversed() : paged).toEqual(all.slice(3));
  }
});

test("a cancelled run says so, an unknown one has no events, and large documents are named by their size", async () => {
  const waiting = await t.start(everything, null, { delayMs: 60_000 });
  await t.engine.client.cancel(waiting);
  expect((await allOf(waiting)).map(({ type }) => type)).toEqual(["runCreated", "runCanceled"]);
  expect(await allOf(crypto.randomUUID())).toEqual([]);
  const asleep = await t.start(everything, null);
  await t.reached(asleep, "SUSPENDED");
  await t.engine.client.suspend(asleep);
  await t.engine.client.cancel(asleep);
  // What ran below it may end later than the run itself.
  const cancelled = (await allOf(asleep)).filter(({ type }) => type === "runCanceled");
  expect(cancelled).toMatchObject([{ instanceId: null }]);
  const big = await t.start(large, null);
  await t.finished(big);
  expect((await allOf(big)).at(-1)?.document).toEqual({ omitted: true, storedBytes: expect.any(Number) });
});

test("a step that works long in its transaction is recorded when it ends, behind what happened meanwhile", async () => {
  const inspected = activityRef<null, null>("inspected", { queue: "default" });
  let signal: Promise<unknown> = Promise.resolve();
  const parent = defineWorkflow({ name: "parent", input: (raw) => raw, run: (ctx) => ctx.activity(inspected, null) });
  const other = await startTestEngine(database.url, {
    workflows: [parent],
    activities: [
      defineActivity<null, null, SqlExecutor>({
        name: "inspected",
        input: () => null,
        async execute(ctx) {
          await ctx.tx("long", async () => {
            signal = other.engine.client.signal(ctx.runId, "meanwhile");
            await signal;
          });
          return null;
        },
      }),
    ],
  });
  await other.finished(await other.start(parent, null));
  const [run] = await other.engine.client.listRuns({ name: "inspected", limit: 1 });
  const types = (await allOf(String(run?.id))).map(({ type }) => type);
  await other.stop();
  expect(types).toEqual(["runCreated", "runStarted", "externalEventReceived", "sideEffectExecuted", "runCompleted"]);
});
