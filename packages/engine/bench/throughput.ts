/**
 * What the engine costs: one-step runs per second, commits per run, start latency.
 *
 *   npm run bench -- engine/throughput [--runs 20000] [--concurrency 100] [--url postgres://…]
 */
import { parseArgs } from "node:util";
import { defineWorkflow } from "../src/authoring/index.ts";
import { openTestPool, startTestEngine, until } from "../src/testing/index.ts";
import { committed, queueBacklog } from "./measuring/backlog.ts";
import { withDatabase } from "./measuring/database.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const LATENCY_SAMPLES = 200;
const DEADLINE_MS = 300_000;

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "100" },
    url: { type: "string" },
  },
});

const oneStep = defineWorkflow({
  name: "one-step",
  input: (raw) => raw,
  run: (ctx) => ctx.step("only", () => 1),
});

const figures: Record<string, number> = {};

async function throughput(url: string): Promise<void> {
  const pool = openTestPool(url);
  const runs = Number(options.runs);
  await queueBacklog(pool, { name: "one-step", runs, keys: 0 });
  await pool.query("analyze wf_run");
  const before = await committed(pool);
  const startedMs = performance.now();
  const t = await startTestEngine(url, {
    workflows: [oneStep],
    workers: { perQueue: { default: { concurrency: Number(options.concurrency) } } },
    lease: { leaseMs: 30_000, beatMs: 10_000 },
    polling: { intervalMs: 100, maxMs: 3000 },
  });
  await until("every run is done", () => t.engine.metrics().ended.completed >= runs, DEADLINE_MS);
  const seconds = (performance.now() - startedMs) / 1000;
  figures.runsPerSecond = Math.round(runs / seconds);
  figures.commitsPerRun = rounded(((await committed(pool)) - before) / runs, 3);
  const { claims } = t.engine.metrics();
  figures.msPerClaim = rounded(claims.durationMs / claims.polls);
  await t.stop();
  await pool.end();
}

async function startLatency(url: string): Promise<void> {
  const t = await startTestEngine(url, { workflows: [oneStep], polling: { intervalMs: 100, maxMs: 3000 } });
  const samples: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample++) {
    const { claimed, waitedMs } = t.engine.metrics().claims;
    await t.start(oneStep, null, { priority: 50 });
    await until("the run is claimed", () => t.engine.metrics().claims.claimed > claimed);
    samples.push(t.engine.metrics().claims.waitedMs - waitedMs);
    await until("the run is done", () => t.engine.status().inFlight === 0);
  }
  figures.startLatencyP50Ms = rounded(percentile(samples, 0.5));
  figures.startLatencyP99Ms = rounded(percentile(samples, 0.99));
  await t.stop();
}

await withDatabase(options.url, throughput);
await withDatabase(options.url, startLatency);
console.log(
  `one-step runs: ${figures.runsPerSecond} runs/s, ${figures.commitsPerRun} commits per run (bar 0.2), ${figures.msPerClaim} ms per claim`,
);
console.log(`start latency: p50 ${figures.startLatencyP50Ms} ms (bar 10), p99 ${figures.startLatencyP99Ms} ms`);
keepResult("throughput", figures);
process.exit(0);
