/**
 * While scheduled runs wait by the ten thousand and keep every worker full, urgent ones are started steadily: how long until
 * their workflow begins, and until their first activity does. Bar: p99 below 2 s.
 *
 *   npm run bench -- engine/fairness [--backlog 30000] [--urgent 300] [--per-second 5] [--url postgres://…]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { activityRef, defineActivity, defineWorkflow } from "../src/authoring/index.ts";
import type { SqlExecutor } from "../src/store/database.ts";
import { seededRandom, startTestEngine, until } from "../src/testing/index.ts";
import { queueBacklog } from "./measuring/backlog.ts";
import { withDatabase } from "./measuring/database.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const ACTIVITY_MIN_MS = 20;
const ACTIVITY_SPREAD_MS = 30;
const URGENT_PRIORITY = 50;
const WARM_UP_MS = 5000;
const DEADLINE_MS = 60_000;
const BAR_MS = 2000;
const ACTIVITY_CONCURRENCY = 5;
const WORKFLOW_CONCURRENCY = 100;

const { values: options } = parseArgs({
  options: {
    backlog: { type: "string", default: "30000" },
    urgent: { type: "string", default: "300" },
    "per-second": { type: "string", default: "5" },
    url: { type: "string" },
  },
});
const urgentRuns = Number(options.urgent);

const random = seededRandom();
const startedAtMs = new Map<number, number>();
const workflowMs: number[] = [];
const activityMs: number[] = [];

const work = activityRef<number, null>("work", { queue: "imports" });
const workActivity = defineActivity<number, null, SqlExecutor>({
  name: "work",
  input: Number,
  async execute(_ctx, n) {
    const startedMs = startedAtMs.get(n);
    if (startedMs !== undefined) activityMs.push(performance.now() - startedMs);
    await delay(ACTIVITY_MIN_MS + random() * ACTIVITY_SPREAD_MS);
    return null;
  },
});
const scheduled = defineWorkflow({ name: "scheduled", input: () => -1, run: (ctx, n) => ctx.activity(work, n) });
const urgent = defineWorkflow({
  name: "urgent",
  input: Number,
  async run(ctx, n) {
    await ctx.step("begin", () => {
      workflowMs.push(performance.now() - (startedAtMs.get(n) ?? Number.NaN));
      return null;
    });
    return ctx.activity(work, n);
  },
});

async function fairness(url: string): Promise<void> {
  const t = await startTestEngine(url, {
    workflows: [scheduled, urgent],
    activities: [workActivity],
    queues: [
      { kind: "workflow", name: "default" },
      { kind: "activity", name: "imports", capacity: 25 },
    ],
    workers: {
      perQueue: {
        "workflow:default": { concurrency: WORKFLOW_CONCURRENCY },
        "activity:imports": { concurrency: ACTIVITY_CONCURRENCY },
      },
    },
    lease: { leaseMs: 30_000, beatMs: 10_000 },
    polling: { intervalMs: 100, maxMs: 1000 },
  });
  await queueBacklog(t.pool, { name: "scheduled", runs: Number(options.backlog), keys: 0 });
  await t.pool.query("analyze wf_run");
  await delay(WARM_UP_MS);
  for (let n = 0; n < urgentRuns; n++) {
    startedAtMs.set(n, performance.now());
    await t.start(urgent, n, { priority: URGENT_PRIORITY });
    await delay(1000 / Number(options["per-second"]));
  }
  await until("every urgent run has begun", () => activityMs.length >= urgentRuns, DEADLINE_MS);
  const { queues } = t.engine.metrics();
  const waiting = await t.pool.query<{ runs: number }>(
    "select count(*)::int as runs from wf_run where finished_at is null and parent_id is null",
  );
  const figures = {
    backlog: Number(options.backlog),
    urgentRuns,
    workflowP50Ms: rounded(percentile(workflowMs, 0.5)),
    workflowP99Ms: rounded(percentile(workflowMs, 0.99)),
    activityP50Ms: rounded(percentile(activityMs, 0.5)),
    activityP99Ms: rounded(percentile(activityMs, 0.99)),
    stillWaiting: waiting.rows[0]?.runs,
    activitiesDone: queues.find(({ kind }) => kind === "activity")?.processed.completed,
  };
  console.log(`${figures.stillWaiting} scheduled runs still wait, ${figures.activitiesDone} activities are done`);
  console.log(`urgent workflows begin after: p50 ${figures.workflowP50Ms} ms, p99 ${figures.workflowP99Ms} ms`);
  console.log(
    `their activities begin after: p50 ${figures.activityP50Ms} ms, p99 ${figures.activityP99Ms} ms (bar ${BAR_MS})`,
  );
  keepResult("fairness", figures);
  await t.stop({ graceMs: 0 });
}

await withDatabase(options.url, fairness);
process.exit(0);
