import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ActivityRef,
  activityRef,
  defineActivity,
  defineWorkflow,
  Retryable,
  RunFailed,
} from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, type TestEngine } from "../testing/index.ts";

const retry = { initialMs: 10, attemptsMax: 3 };
const effectful = activityRef<null, unknown>("effectful", { queue: "default", retry });
const rollingBack = activityRef<null, unknown>("rolling-back", {
  queue: "default",
  retry: { ...retry, attemptsMax: 1 },
});
const slow = activityRef<null, unknown>("slow", {
  queue: "default",
  timeoutMs: 60,
  retry: { ...retry, attemptsMax: 2 },
});
const patient = activityRef<null, unknown>("patient", { queue: "default", retry: { ...retry, initialMs: 60_000 } });
const failingCommit = activityRef<null, unknown>("failing-commit", { queue: "default", retry });
const aborted: number[] = [];
const calls = { effectful: 0 };

const caller = defineWorkflow({
  name: "caller",
  input: (raw) => raw as ActivityRef<null, unknown>,
  run: (ctx, ref) =>
    ctx
      .activity(ref, null)
      .catch((error: unknown) => (error instanceof RunFailed ? { failure: error.failure.type } : "?")),
});

let database: Awaited<ReturnType<typeof engineTestDatabase>>;
let t: TestEngine;
beforeAll(async () => {
  database = await engineTestDatabase();
  t = await startTestEngine(database.url, {
    workflows: [caller],
    activities: [
      defineActivity<null, unknown, SqlExecutor>({
        name: "effectful",
        input: () => null,
        async execute(ctx) {
          const effect = await ctx.tx("write", async (tx) => {
            calls.effectful++;
            await tx.query("insert into effect (run) values ($1)", [ctx.runId]);
            return { id: ctx.idFor("event") };
          });
          if (ctx.attempt < 3) throw new Error("after the commit");
          return { ...effect, same: ctx.idFor("event") === effect.id };
        },
      }),
      defineActivity<null, unknown, SqlExecutor>({
        name: "rolling-back",
        input: () => null,
        async execute(ctx) {
          await ctx.tx("write", async (tx) => {
            await tx.query("insert into effect (run) values ($1)", [ctx.runId]);
            throw new Error("inside the transaction");
          });
        },
      }),
      defineActivity<null, unknown, SqlExecutor>({
        name: "failing-commit",
        input: () => null,
        execute: (ctx) =>
          ctx.tx("write", async (tx) => {
            await tx.query("insert into once select 1 from generate_series(1, $1)", [ctx.attempt === 1 ? 2 : 1]);
            return ctx.attempt;
          }),
      }),
      defineActivity<null, unknown, SqlExecutor>({
        name: "slow",
        input: () => null,
        async execute(ctx) {
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
          aborted.push(ctx.attempt);
          return "too late";
        },
      }),
      defineActivity<null, unknown, SqlExecutor>({
        name: "patient",
        input: () => null,
        async execute(ctx) {
          if (ctx.attempt === 1) throw new Retryable("come back soon", { afterMs: 20 });
          return ctx.attempt;
        },
      }),
    ],
  });
  await t.pool.query("create table effect (run text)");
  await t.pool.query("create table once (n int unique deferrable initially deferred)");
});
afterAll(async () => {
  await t.stop();
  await database.drop();
});

async function effects(): Promise<number> {
  return (await t.pool.query("select 1 from effect")).rowCount ?? 0;
}

test("a transaction step takes effect once, however often its activity is tried again", async () => {
  const run = await t.finished(await t.start(caller, effectful));
  expect(run.output).toMatchObject({ same: true });
  expect(calls.effectful).toBe(1);
  expect(await effects()).toBe(1);
  const [activity] = await t.engine.client.listRuns({ rootId: run.id, limit: 1 });
  const details = await t.engine.client.getRun(activity?.id ?? "");
  expect(details?.attempts.map(({ outcome, error }) => [outcome, error?.message])).toEqual([
    ["RETRY", "after the commit"],
    ["RETRY", "after the commit"],
    ["COMPLETED", undefined],
  ]);
});

test("a transaction step that throws leaves neither effect nor ledger row", async () => {
  const before = await effects();
  const run = await t.finished(await t.start(caller, rollingBack));
  expect(run.output).toEqual({ failure: "Error" });
  expect(await effects()).toBe(before);
  const { rows } = await t.pool.query(
    "select 1 from wf_step s join wf_run r on r.id = s.run_id where r.name = 'rolling-back'",
  );
  expect(rows).toEqual([]);
});

test("a transaction step whose commit is refused leaves no ledger row and runs again", async () => {
  const run = await t.finished(await t.start(caller, failingCommit));
  expect(run.output).toBe(2);
  expect((await t.pool.query("select 1 from once")).rowCount).toBe(1);
});

test("an attempt that exceeds its time is aborted and tried again", async () => {
  const run = await t.finished(await t.start(caller, slow));
  expect(run.output).toEqual({ failure: "TimedOut" });
  expect(aborted).toEqual([1, 2]);
});

test("a retryable failure may name its own wait", async () => {
  const run = await t.finished(await t.start(caller, patient), 10_000);
  expect(run.output).toBe(2);
});
