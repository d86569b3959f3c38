import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { type ClaimedRun, claimRuns, promoteDue } from "./claim.ts";
import { pgEngineDatabase } from "./database.ts";
import { endRuns, type RunEnd } from "./end-runs.ts";
import { loadHistories } from "./history.ts";
import { insertRun } from "./insert-run.ts";
import { renewLeases, sweepExpiredRuns } from "./leases.ts";
import { ensureQueues } from "./queues.ts";
import { recordSteps, type StepRecord } from "./record-steps.ts";
import { spawnRuns } from "./spawn-runs.ts";

const TAKE_OVERS_MAX = 3;
const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
await ensureQueues(executor, [{ kind: "workflow", name: "default", capacity: 1000 }]);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_step, wf_attempt");
});

async function claimed(by = "old-owner"): Promise<ClaimedRun> {
  const claimant = { id: by, version: "1", leaseMs: 60_000, workflowNames: ["w"], activityNames: [] };
  const { runs } = await claimRuns(executor, claimant, [{ kind: "workflow", queue: "default", limit: 1 }]);
  const [run] = runs;
  if (!run) throw new Error("nothing to claim");
  return run;
}

async function started(): Promise<ClaimedRun> {
  const fields = {
    name: "w",
    queue: "default",
    input: null,
    priority: 0,
    concurrencyKey: null,
    instanceId: null,
    labels: null,
  };
  await insertRun(executor, { id: randomUUID(), ...fields, delayMs: 0 });
  return claimed();
}

async function expire(): Promise<{ freed: number; failed: number }> {
  await pool.query("update wf_run set locked_until = now() - interval '1 second' where status = 'RUNNING'");
  const swept = await sweepExpiredRuns(executor, 100, TAKE_OVERS_MAX);
  await pool.query("update wf_run set waiting = null where waiting = 'time'"); // suspects wait for a moment
  return swept;
}

function step(run: ClaimedRun, name: string): StepRecord {
  const fields = { outputJson: "1", errorJson: null, attempt: 1, startedAtMs: 0, clockPlusMs: null };
  return { runId: run.id, fence: run.fence, name, ...fields };
}

function end(run: ClaimedRun, fields: Partial<RunEnd> = {}): RunEnd {
  const blank = {
    outputJson: null,
    errorJson: null,
    waiting: null,
    delayMs: null,
    dueMs: null,
    wakes: null,
    awaiting: null,
  };
  return {
    runId: run.id,
    fence: run.fence,
    parentId: run.parentId,
    status: "COMPLETED",
    outcome: "COMPLETED",
    ...blank,
    ...fields,
  };
}

function spawn(run: ClaimedRun, childId: string): Parameters<typeof spawnRuns>[1][number] {
  const fields = {
    stepName: "child",
    kind: "workflow",
    name: "w",
    queue: "default",
    inputJson: null,
    priority: null,
  } as const;
  const more = {
    concurrencyKey: null,
    instanceId: null,
    labelsJson: null,
    delayMs: 0,
    retryJson: null,
    timeoutMs: null,
  };
  return { runId: run.id, fence: run.fence, childId, ...fields, ...more };
}

test("nothing a former owner writes lands: no step, no child, no end, no renewal", async () => {
  const old = await started();
  await expire();
  const now = await claimed("new-owner");
  expect(now.id).toBe(old.id);
  expect(await recordSteps(executor, [step(old, "stale"), step(now, "fresh")])).toMatchObject([
    { verdict: "lost" },
    { verdict: "ok" },
  ]);
  expect(await spawnRuns(executor, [spawn(old, randomUUID())])).toEqual(["lost"]);
  expect(await endRuns(executor, [end(old)])).toEqual([false]);
  expect(await renewLeases(executor, "old-owner", [old.id], 1000)).toEqual([]);
  const { rows } = await pool.query("select name from wf_step");
  expect(rows).toEqual([{ name: "fresh" }]);
  expect((await pool.query("select status from wf_run")).rows).toEqual([{ status: "RUNNING" }]);
  expect(await endRuns(executor, [end(now)])).toEqual([true]);
});

test("a fence that changes while a write waits for the row is seen: the stale write does not land", async () => {
  const old = await started();
  const rival = await pool.connect();
  await rival.query("begin");
  await rival.query("update wf_run set fence = fence + 1 where id = $1", [old.id]);
  const writes = Promise.all([recordSteps(executor, [step(old, "stale")]), endRuns(executor, [end(old)])]);
  await rival.query("select pg_sleep(0.2)");
  await rival.query("commit");
  rival.release();
  expect(await writes).toMatchObject([[{ verdict: "lost" }], [false]]);
  expect((await pool.query("select 1 from wf_step")).rowCount).toBe(0);
});

test("a write repeated after an unanswered first try counts as landed", async () => {
  const run = await started();
  const [first] = await recordSteps(executor, [step(run, "a")]);
  const [again] = await recordSteps(executor, [step(run, "a")]);
  expect([first?.verdict, again?.verdict]).toEqual(["ok", "ok"]);
  expect(await endRuns(executor, [end(run)])).toEqual([true]);
  expect(await endRuns(executor, [end(run)])).toEqual([true]);
});

test("take-overs are counted until a step is recorded; the one too many fails the run", async () => {
  let run = await started();
  for (let n = 0; n < TAKE_OVERS_MAX; n++) {
    expect(await expire()).toEqual({ freed: 1, failed: 0 });
    run = await claimed();
  }
  await recordSteps(executor, [step(run, "progress")]);
  for (let n = 0; n < TAKE_OVERS_MAX; n++) {
    expect(await expire()).toEqual({ freed: 1, failed: 0 });
    await claimed();
  }
  expect(await expire()).toEqual({ freed: 0, failed: 1 });
  const { rows } = await pool.query("select status, error->>'message' as message from wf_run");
  expect(rows).toMatchObject([{ status: "FAILED", message: expect.stringContaining("crashed its worker") }]);
});

test("a child that ends while its parent goes to sleep wakes it: the wake-up is not lost", async () => {
  const parent = await started();
  await spawnRuns(executor, [spawn(parent, randomUUID())]);
  const history = (await loadHistories(executor, [parent.id])).get(parent.id);
  const child = await claimed();
  await endRuns(executor, [end(child)]);
  const sleeping = {
    status: "SUSPENDED",
    outcome: "SUSPENDED",
    waiting: "event",
    wakes: history?.wakes ?? null,
  } as const;
  await endRuns(executor, [end(parent, sleeping)]);
  expect((await claimed()).id).toBe(parent.id);
});

test("a parent asleep is woken by its child's end, in the same statement", async () => {
  const parent = await started();
  await spawnRuns(executor, [spawn(parent, randomUUID())]);
  await endRuns(executor, [
    end(parent, { status: "SUSPENDED", outcome: "SUSPENDED", waiting: "event", wakes: parent.wakes, awaiting: 1 }),
  ]);
  const child = await claimed();
  expect(child.parentId).toBe(parent.id);
  await endRuns(executor, [end(child)]);
  expect((await claimed()).id).toBe(parent.id);
});

test("a parent of many children is woken at intervals, not by each of them", async () => {
  const parent = await started();
  await spawnRuns(executor, [spawn(parent, randomUUID())]);
  await endRuns(executor, [
    end(parent, { status: "SUSPENDED", outcome: "SUSPENDED", waiting: "event", wakes: parent.wakes, awaiting: 40 }),
  ]);
  await endRuns(executor, [end(await claimed())]);
  await expect(claimed()).rejects.toThrow("nothing to claim");
  const { nextDueMs } = await promoteDue(executor, 10);
  expect(nextDueMs).toBeLessThanOrEqual(80);
  await pool.query("select pg_sleep(0.1)");
  expect((await promoteDue(executor, 10)).promoted).toBe(1);
  expect((await claimed()).id).toBe(parent.id);
});

test("a child is created once, however often its spawn is repeated", async () => {
  const parent = await started();
  const childId = randomUUID();
  expect(await spawnRuns(executor, [spawn(parent, childId)])).toEqual(["ok"]);
  expect(await spawnRuns(executor, [spawn(parent, childId)])).toEqual(["ok"]);
  expect((await pool.query("select 1 from wf_run where parent_id = $1", [parent.id])).rowCount).toBe(1);
});
