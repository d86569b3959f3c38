import { afterAll, beforeEach, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, openTestPool, startTestEngine, type TestEngine, until } from "../testing/index.ts";

const BATCH_RUNS = 30;
const URGENT = 50;

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query("truncate wf_run, wf_queue, wf_label, wf_step, wf_attempt"));

const ref = activityRef<string, null>("work", { queue: "imports" });
const flow = defineWorkflow({ name: "flow", input: String, run: (ctx, who) => ctx.activity(ref, who) });

/** An engine whose batch activities end when `open` is called, and whose urgent ones end at once. */
async function startGated(concurrency: number, capacity: number) {
  const { promise: gate, resolve: open } = Promise.withResolvers<null>();
  const begun: string[] = [];
  const work = defineActivity<string, null, SqlExecutor>({
    name: "work",
    input: String,
    async execute(_ctx, who) {
      begun.push(who);
      return who === "batch" ? gate : null;
    },
  });
  const t = await startTestEngine(database.url, {
    workflows: [flow],
    activities: [work],
    queues: [
      { kind: "workflow", name: "default" },
      { kind: "activity", name: "imports", capacity },
    ],
    workers: { perQueue: { imports: { concurrency } } },
  });
  return { t, begun, open: () => open(null) };
}

function activeOf(t: TestEngine): number {
  return t.engine.status().queues.find(({ queue }) => queue === "imports")?.active ?? -1;
}

test.each([
  { concurrency: 2, capacity: 25, batchPlaces: 1 },
  { concurrency: 5, capacity: 25, batchPlaces: 4 },
  { concurrency: 10, capacity: 5, batchPlaces: 4 },
])(
  "an urgent run begins while batch work has all its places: $concurrency here, $capacity in the cluster",
  async ({ concurrency, capacity, batchPlaces }) => {
    const { t, begun, open } = await startGated(concurrency, capacity);
    const batch = await Promise.all(Array.from({ length: BATCH_RUNS }, () => t.start(flow, "batch")));
    await until("batch work has its places", () => activeOf(t) === batchPlaces);
    for (let n = 0; n < 5; n++) await t.finished(await t.start(flow, "urgent", { priority: URGENT }));
    expect(begun.filter((who) => who === "urgent")).toHaveLength(5);
    expect(begun.filter((who) => who === "batch")).toHaveLength(batchPlaces);
    open();
    for (const id of batch) expect((await t.finished(id)).status).toBe("COMPLETED");
    await t.stop();
  },
);
