/**
 * What clients notice of a rolling upgrade: the same load before, during and after every instance was replaced, behind HAProxy and
 * PgBouncer. First the cluster is driven as fast as it goes; the load is paced to stay below 30 % of that. Rounds go to the next
 * release and back in turn. Bars: median p95 during the roll ≤ 1.5 × before, after ≤ 1.1 ×; no request fails.
 *
 *   npm run bench -- roll-latency [--rounds 5] [--seconds 60] [--from 0.3.0 --to work-tree]
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SplitCluster } from "../e2e/harness/split-cluster.ts";
import { Progress } from "../e2e/harness/traffic/progress.ts";
import { RecordedTraffic } from "../e2e/harness/traffic/recorded-traffic.ts";
import { percentile } from "../e2e/harness/traffic/seconds.ts";
import { installWitness, Observer } from "../e2e/harness/witness/audit.ts";
import { untilIdle } from "../e2e/harness/witness/until-idle.ts";
import { type RollBench, runLeg } from "../e2e/upgrade/plans/actions.ts";
import { makePlan, WEBS, WORKERS } from "../e2e/upgrade/plans/plan.ts";
import { releasePair } from "../e2e/upgrade/plans/release-pair.ts";
import { Timeline } from "../e2e/upgrade/plans/timeline.ts";
import { keepResult } from "./measuring/result.ts";

const SEED = 1;
const POOL_SIZE = 20;
/** Aimed at: the load varies, and 30 % is the most. */
const SATURATION_SHARE = 0.26;
const [DURING_BAR, AFTER_BAR] = [1.5, 1.1];
const SATURATION_SECONDS = 20;
const WARM_UP_MS = 15_000;
/** As in production: longer than HAProxy needs to notice. */
const ENVIRONMENT = { DT_SHUTDOWN_DRAIN_DELAY_MS: "2500", DT_DATASOURCE_POOL_MAX_SIZE: "10" };

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "60" },
    from: { type: "string" },
    to: { type: "string" },
  },
});
const [rounds, windowMs] = [Number(values.rounds), Number(values.seconds) * 1000];

const directory = await mkdtemp(join(tmpdir(), "evertrack-roll-latency-"));
// PgBouncer and PostgreSQL run as other users.
await chmod(directory, 0o711);
const releases = await releasePair(values);
const sizes = { workers: WORKERS.length, webs: WEBS.length, poolSize: POOL_SIZE };
const options = { directory, ...sizes, environment: ENVIRONMENT, build: releases.old };
const cluster = await SplitCluster.start(options, installWitness);
const watcher = new Observer(cluster.databaseUrl);
try {
  await measure();
} finally {
  await watcher.close();
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
}

interface Round {
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

async function measure(): Promise<void> {
  const saturation = await saturate();
  const full = await startTraffic(1);
  await delay(WARM_UP_MS);
  const usual = rateOf(full, await window(windowMs / 4));
  await full.end();
  const pace = Math.max(1, usual / (saturation * SATURATION_SHARE));
  const paced = await startTraffic(pace);
  await delay(WARM_UP_MS);
  const [beganMs, done] = [performance.now(), [] as Round[]];
  for (let round = 0; round < rounds; round++) done.push(await runRound(paced, round));
  const share = rateOf(paced, [beganMs, performance.now()]) / saturation;
  await paced.end();
  tell(done, { saturation, share, failed: paced.traffic.samples.filter(({ why }) => why !== undefined).length });
}

function tell(done: readonly Round[], load: { saturation: number; share: number; failed: number }): void {
  const during = median(done.map((round) => round.during / round.before));
  const after = median(done.map((round) => round.after / round.before));
  const share = Math.round(load.share * 100);
  console.log(
    `load ${share} % of saturation (${Math.round(load.saturation)} requests/s); failed requests ${load.failed}`,
  );
  console.log(`p95 during the roll ${during} × before (bar ${DURING_BAR}), after ${after} × (bar ${AFTER_BAR})`);
  const compared = `${releases.old.version} → ${releases.new.version}`;
  keepResult("roll-latency", {
    releases: compared,
    rounds: done,
    windowSeconds: windowMs / 1000,
    ...load,
    during,
    after,
  });
}

/** To hundredths. */
function median(ratios: readonly number[]): number {
  return (
    (percentile(
      ratios.map((ratio) => ratio * 100),
      0.5,
    ) ?? Number.NaN) / 100
  );
}

/** Before, roll, after; each at least a window long. */
async function runRound(paced: Paced, round: number): Promise<Round> {
  const bench: RollBench = {
    plan: { ...makePlan(SEED, "planned"), faults: [] },
    releases,
    cluster,
    timeline: new Timeline((line) => console.log(line)),
    settleMs: windowMs / (WORKERS.length + WEBS.length),
  };
  const leg = bench.plan.legs[round % 2];
  if (leg === undefined) throw new Error("the plan has no such leg");
  const before = p95(paced, await window(windowMs));
  const beganMs = performance.now();
  await runLeg(bench, leg, round % 2);
  const during = p95(paced, [beganMs, performance.now()]);
  // What began new is compiled by now, as it was when "before" was measured.
  await delay(WARM_UP_MS);
  const after = p95(paced, await window(windowMs));
  const shown = (ms: number) => ms.toFixed(1);
  console.log(
    `round ${round + 1}: p95 ${shown(before)} ms before, ${shown(during)} ms during, ${shown(after)} ms after`,
  );
  return { before, during, after };
}

/** Requests per second when nobody pauses. */
async function saturate(): Promise<number> {
  const unpaced = await startTraffic(0);
  await delay(WARM_UP_MS);
  const rate = rateOf(unpaced, await window(SATURATION_SECONDS * 1000));
  await unpaced.end();
  await untilIdle(watcher);
  return rate;
}

interface Paced {
  readonly traffic: RecordedTraffic;
  end(): Promise<void>;
}

async function startTraffic(pace: number): Promise<Paced> {
  const progress = new Progress(watcher);
  const traffic = new RecordedTraffic({ client: cluster.admin, progress, seed: SEED, repeatForMs: 0, pace });
  progress.watch();
  traffic.start();
  const end = async () => {
    await traffic.stop();
    await progress.stop();
  };
  return { traffic, end };
}

type Window = readonly [fromMs: number, toMs: number];

async function window(lengthMs: number): Promise<Window> {
  const fromMs = performance.now();
  await delay(lengthMs);
  return [fromMs, performance.now()];
}

function within({ traffic }: Paced, [fromMs, toMs]: Window) {
  return traffic.samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

function rateOf(paced: Paced, [fromMs, toMs]: Window): number {
  return within(paced, [fromMs, toMs]).length / ((toMs - fromMs) / 1000);
}

function p95(paced: Paced, of: Window): number {
  return (
    percentile(
      within(paced, of).map(({ tookMs }) => tookMs),
      0.95,
    ) ?? Number.NaN
  );
}
