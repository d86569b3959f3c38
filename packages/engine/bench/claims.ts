/**
 * The time of one claim with a long queue of runs that wait for few keys (nearly all are blocked) or many.
 * Bar: < 100 ms with 200,000 queued keyed runs.
 *
 *   npm run bench -- engine/claims [--backlog 200000] [--url postgres://…]      two million: --backlog 2000000
 */
import { parseArgs } from "node:util";
import { claimRuns } from "../src/store/claim.ts";
import { pgEngineDatabase } from "../src/store/database.ts";
import { openTestPool } from "../src/testing/index.ts";
import { queueBacklog } from "./measuring/backlog.ts";
import { withDatabase } from "./measuring/database.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const CLAIM_SAMPLES = 100;
const CLAIM_LIMIT = 50;
const KEYS = [10, 1000, 100_000];
const BAR_MS = 100;

const { values: options } = parseArgs({
  options: { backlog: { type: "string", default: "200000" }, url: { type: "string" } },
});

const figures: Record<string, unknown>[] = [];

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
    const request = { kind: "workflow", queue: "default", limit: CLAIM_LIMIT, agedLimit: 5 } as const;
    claimed += (await claimRuns(executor, claimant, [request])).runs.length;
    samples.push(performance.now() - startedMs);
  }
  const [p50, p99, max] = [percentile(samples, 0.5), percentile(samples, 0.99), Math.max(...samples)];
  figures.push({ keys, p50Ms: rounded(p50), p99Ms: rounded(p99), maxMs: rounded(max), claimed });
  await pool.end();
}

for (const keys of KEYS) await withDatabase(options.url, (url) => claimTime(url, keys));
for (const { keys, p50Ms, p99Ms, maxMs, claimed } of figures)
  console.log(
    `claim of up to ${CLAIM_LIMIT}, ${options.backlog} queued on ${keys} keys: p50 ${p50Ms} ms (bar ${BAR_MS}), p99 ${p99Ms} ms, max ${maxMs} ms, ${claimed} claimed`,
  );
keepResult("claims", { backlog: Number(options.backlog), claims: figures });
process.exit(0);
