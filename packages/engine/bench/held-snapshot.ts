/**
 * What a long transaction (a backup, a forgotten session) costs: throughput of a steady load before it, during it and after it.
 * PostgreSQL keeps every finished run's old index entries meanwhile. Bar: after a minute less than 35 % is lost.
 *
 *   npm run bench -- engine/held-snapshot [--rounds 3] [--hold 60] [--window 20] [--concurrency 100]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defineWorkflow } from "../src/authoring/index.ts";
import { openTestPool, startTestEngine, type TestEngine } from "../src/testing/index.ts";
import { queueBacklog } from "./measuring/backlog.ts";
import { withDatabase } from "./measuring/database.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const WAITING_MIN = 4000;
const FEED_RUNS = 4000;
const FEED_LOOK_MS = 100;
const MS_PER_S = 1000;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    hold: { type: "string", default: "60" },
    window: { type: "string", default: "20" },
    concurrency: { type: "string", default: "100" },
    url: { type: "string" },
  },
});
const windowMs = Number(options.window) * MS_PER_S;
const holdMs = Number(options.hold) * MS_PER_S;

const oneStep = defineWorkflow({
  name: "one-step",
  input: (raw) => raw,
  run: (ctx) => ctx.step("only", () => 1),
});
const rounds: { before: number; held: number; after: number; lostPercent: number }[] = [];

/** Keeps the queue from running dry until the signal comes. */
async function feed(t: TestEngine, signal: AbortSignal): Promise<void> {
  let queued = 0;
  while (!signal.aborted) {
    if (queued - t.engine.metrics().ended.completed < WAITING_MIN) {
      await queueBacklog(t.pool, { name: "one-step", runs: FEED_RUNS, keys: 0 });
      queued += FEED_RUNS;
    } else await delay(FEED_LOOK_MS);
  }
}

async function runsPerSecond(t: TestEngine, durationMs: number): Promise<number> {
  const [before, startedMs] = [t.engine.metrics().ended.completed, performance.now()];
  await delay(durationMs);
  return ((t.engine.metrics().ended.completed - before) * MS_PER_S) / (performance.now() - startedMs);
}

async function round(url: string): Promise<void> {
  const t = await startTestEngine(url, {
    workflows: [oneStep],
    workers: { perQueue: { default: { concurrency: Number(options.concurrency) } } },
    lease: { leaseMs: 30_000, beatMs: 10_000 },
    polling: { intervalMs: 100, maxMs: 3000 },
  });
  const feeding = new AbortController();
  const fed = feed(t, feeding.signal);
  await delay(windowMs / 2);
  const before = await runsPerSecond(t, windowMs);
  const pool = openTestPool(url, 1);
  const reader = await pool.connect();
  await reader.query("begin isolation level repeatable read; select 1");
  await delay(Math.max(0, holdMs - windowMs));
  const held = await runsPerSecond(t, windowMs);
  reader.release(true);
  await delay(windowMs / 2);
  const after = await runsPerSecond(t, windowMs);
  feeding.abort();
  await fed;
  rounds.push({
    before: Math.round(before),
    held: Math.round(held),
    after: Math.round(after),
    lostPercent: rounded((1 - held / before) * 100),
  });
  console.log(
    `before ${Math.round(before)} runs/s, held for ${options.hold} s ${Math.round(held)}, after ${Math.round(after)}`,
  );
  await t.stop();
  await pool.end();
}

for (let n = 0; n < Number(options.rounds); n++) await withDatabase(options.url, round);
const losses = rounds.map(({ lostPercent }) => lostPercent);
const figures = { holdS: Number(options.hold), lostMedianPercent: percentile(losses, 0.5), rounds };
console.log(`throughput lost under an old transaction, median: ${figures.lostMedianPercent} % (bar 35 %)`);
keepResult("held-snapshot", figures);
process.exit(0);
