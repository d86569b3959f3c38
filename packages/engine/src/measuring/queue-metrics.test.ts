import { afterAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, until } from "../testing/index.ts";

const RUNS = 5;
const ACTIVITY_MS = 20;

const database = await engineTestDatabase();
afterAll(() => database.drop());

test("each queue tells what was claimed, how it ended and how long that took; each buffer what it wrote", async () => {
  const ref = activityRef<null, null>("wait", { queue: "default" });
  const parent = defineWorkflow({ name: "parent", input: (raw) => raw, run: (ctx) => ctx.activity(ref, null) });
  const wait = defineActivity<null, null, SqlExecutor>({
    name: "wait",
    input: () => null,
    execute: () => new Promise((resolve) => setTimeout(resolve, ACTIVITY_MS, null)),
  });
  const t = await startTestEngine(database.url, { workflows: [parent], activities: [wait] });
  const ids = await Promise.all(Array.from({ length: RUNS }, () => t.start(parent, null)));
  for (const id of ids) await t.finished(id);
  await until("every end is counted", () => t.engine.metrics().ended.completed === 2 * RUNS);
  const { queues, buffers, eventLoopLag } = t.engine.metrics();
  const of = (kind: string) => queues.find((counted) => counted.kind === kind);
  expect(of("activity")).toMatchObject({ polled: RUNS, aged: 0, processed: { completed: RUNS, failed: 0 } });
  expect(of("activity")?.processLatency.count).toBe(RUNS);
  expect(of("activity")?.processLatency.sum).toBeGreaterThanOrEqual(RUNS * (ACTIVITY_MS - 1));
  expect(of("activity")?.schedulingLatency.count).toBe(RUNS);
  expect(of("workflow")?.processed).toMatchObject({ completed: RUNS, suspended: RUNS });
  expect(of("workflow")?.schedulingLatency.count).toBe(RUNS);
  expect(of("workflow")?.pollLatency.count).toBe(of("workflow")?.polls);
  expect(buffers.ends?.items).toBe(3 * RUNS);
  expect(buffers.ends?.itemWaitLatency.count).toBe(3 * RUNS);
  expect(buffers.ends?.flushBatchSize.sum).toBe(3 * RUNS);
  expect(buffers.ends?.flushLatency.count).toBe(buffers.ends?.flushes);
  expect(eventLoopLag.maxMs).toBeGreaterThanOrEqual(eventLoopLag.meanMs);
  await t.stop();
});
