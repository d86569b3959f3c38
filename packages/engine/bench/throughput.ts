/**
 * What the engine costs: one-step runs per second and commits per run, start latency, and the time of one claim with a large
 * queue of runs that wait for few or many keys.
 *
 *   node packages/engine/bench/throughput.ts [--runs 20000] [--concurrency 100] [--backlog 200000] [--url postgres://…]
 */
import { parseArgs } from "node:util";
import { defineWorkflow } from "../src/authoring/index.ts";
import { claimRuns } from "../src/store/claim.ts";
import { pgEngineDatabase } from "../src/store/database.ts";
import {
  engineTestDatabase,
  openTestPool,
  prepareEngineDatabase,
  startTestEngine,
  until,
} from "../src/testing/index.ts";
import { committed, queueBacklog } from "./backlog.ts";

const LATENCY_SAMPLES = 200;
const CLAIM_SAMPLES = 40;
const CLAIM_LIMIT = 50;
const DEADLINE_MS = 300_000;

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "100" },
    backlog: { type: "string", default: "200000" },
    url: { type: "string" },
  },
});

const oneStep = defineWorkflow({
  name: "one-step",
  input: (raw) => raw,
  run: (ctx) => ctx.step("only", () => 1),
});

async function withDatabase(bench: (url: string) => Promise<void>): Promise<void> {
  if (options.url !== undefined) {
    await prepareEngineDatabase(options.url);
    return bench(options.url);
  }
  const database = await engineTestDatabase();
  try {
    await bench(database.url);
  } finally {
    await database.drop();
  }
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** `heldSnapshot`: as during a backup, an open transaction keeps every dead row and index entry alive. */
async function throughput(url: string, heldSnapshot: boolean): Promise<void> {
  const pool = openTestPool(url);
  const runs = Number(options.runs);
  await queueBacklog(pool, { name: "one-step", runs, keys: 0 });
  await pool.query("analyze wf_run");
  const reader = await pool.connect();
  if (heldSnapshot) await reader.query("begin isolation level repeatable read; select 1");
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
  const commits = (await committed(pool)) - before;
  const { claims } = t.engine.metrics();
  const title = heldSnapshot ? "one-step runs while an old snapshot is held" : "one-step runs";
  const perClaimMs = (claims.durationMs / claims.polls).toFixed(1);
  console.log(
    `${title}: ${Math.round(runs / seconds)} runs/s, ${(commits / runs).toFixed(3)} commits per run, ${perClaimMs} ms per claim`,
  );
  await t.stop();
  reader.release(true);
  await pool.end();
}

async function startLatency(url: string): Promise<void> {
  const t = await startTestEngine(url, { workflows: [oneStep], polling: { intervalMs: 100, maxMs: 3000 } });
  const samples: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample++) {
    const { claimed, waitedMs } = t.engine.metrics().claims;
    await t.start(oneStep, null);
    await until("the run is claimed", () => t.engine.metrics().claims.claimed > claimed);
    samples.push(t.engine.metrics().claims.waitedMs - waitedMs);
    await until("the run is done", () => t.engine.status().inFlight === 0);
  }
  console.log(
    `start latency: p50 ${percentile(samples, 0.5).toFixed(1)} ms, p99 ${percentile(samples, 0.99).toFixed(1)} ms`,
  );
  await t.stop();
}

/** The worst cases: few keys (nearly all of the queue is blocked) and many keys. */
async function claimTime(url: string, keys: number): Promise<void> {
  const pool = openTestPool(url);
  const { executor } = pgEngineDatabase(pool);
  await pool.query(
    "insert into wf_queue (kind, name, capacity) values ('workflow', 'default', 100000) on conflict do nothing",
  );
  await queueBacklog(pool, { name: "one-step", runs: Number(options.backlog), keys });
  await pool.query("analyze wf_run");
  const claimant = { id: "bench", version: "1", leaseMs: 600_000, workflowNames: ["one-step"], activityNames: [] };
  const samples: number[] = [];
  let claimed = 0;
  for (let sample = 0; sample < CLAIM_SAMPLES; sample++) {
    const startedMs = performance.now();
    const request = { kind: "workflow", queue: "default", limit: CLAIM_LIMIT } as const;
    claimed += (await claimRuns(executor, claimant, [request])).runs.length;
    samples.push(performance.now() - startedMs);
  }
  const [p50, max] = [percentile(samples, 0.5), Math.max(...samples)];
  console.log(
    `claim of up to ${CLAIM_LIMIT} with ${options.backlog} queued on ${keys} keys: p50 ${p50.toFixed(1)} ms, max ${max.toFixed(1)} ms, ${claimed} claimed`,
  );
  await pool.end();
}

for (const heldSnapshot of [false, true]) await withDatabase((url) => throughput(url, heldSnapshot));
await withDatabase(startLatency);
for (const keys of [10, 1000, 100_000]) await withDatabase((url) => claimTime(url, keys));
process.exit(0);
