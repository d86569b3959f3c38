/**
 * A backfill of a large table beside API load: reads of components and findings and uploads, with and without it in turn. Bar: p95
 * with the backfill at most 1.2 times that without. The instance that does it is killed in the middle once; every row is to be
 * done exactly once all the same.
 *
 *   npm run bench -- backfill [--rows 10000000] [--windows 5] [--seconds 60] [--rate 5000] [--load 1]
 *
 * Windows alternate – without, with, without, … – so that what changes on the machine changes both. One instance serves, another
 * one works, as an installation of several has it. The last rows are done at full speed, unmeasured.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { type ApiClient, administratorOf } from "../e2e/harness/api-client.ts";
import { ServerProcess } from "../e2e/harness/server-process.ts";
import { createTrialRows, TRIAL_BACKFILL, trialBackfillBuild } from "../e2e/harness/trial-backfill.ts";
import { until } from "../e2e/harness/until.ts";
import { MixedLoad, type Waits } from "./backfill/mixed-load.ts";
import { keepResult, median } from "./measuring/result.ts";

const BAR = 1.2;
const PATH = `/api/v2/internal/backfills/${TRIAL_BACKFILL}`;
const START_MAX_MS = 120_000;
/** At the rate that is asked for at the end. */
const END_MAX_MS = 3_600_000;
const RATE_MAX = 1_000_000;
const LEASE = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "5000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "5000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
  DT_TASK_BACKFILL_START_CRON: "* * * * * *",
};
const WEB = { ...LEASE, DT_DEX_ENGINE_WORKERS_ENABLED: "false" };

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    windows: { type: "string", default: "5" },
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "5000" },
    load: { type: "string", default: "1" },
  },
});
const rows = Number(values.rows);
const windows = Number(values.windows);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
/** 1: some twenty reads and an upload per second; less for a machine that has other things to do. */
const loadFactor = Number(values.load);

const database = await testDatabase();
const directory = await mkdtemp(join(tmpdir(), "evertrack-bench-"));
const client = new pg.Client({ connectionString: database.url });
const servers: ServerProcess[] = [];
try {
  await client.connect();
  console.log(`filling ${rows} rows`);
  await createTrialRows(client, rows);
  const build = await trialBackfillBuild();
  const start = async (environment: Record<string, string>) => {
    const server = await ServerProcess.start({
      databaseUrl: database.url,
      dataDirectory: directory,
      environment,
      build,
    });
    servers.push(server);
    return server;
  };
  const web = await start(WEB);
  const worker = await start(LEASE);
  const admin = await administratorOf(web.url);
  const load = await MixedLoad.prepare(admin, loadFactor);
  const measured = await measure(admin, load);
  const kill = await killInTheMiddle(admin, worker, start);
  const end = await finish(admin);
  keepResult("backfill", { rows, windows, seconds, rate, load: loadFactor, bar: BAR, ...measured, kill, end });
} finally {
  await Promise.all(servers.map((server) => server.kill()));
  await client.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
}

/** Pairs of windows; the ratio is the median of the pairs'. */
async function measure(admin: ApiClient, load: MixedLoad) {
  const pairs: { without: Waits; during: Waits; rowsPerS: number }[] = [];
  await change(admin, { paused: true, rows_per_second_max: rate });
  await load.window(seconds); // warm-up
  for (let pair = 0; pair < windows; pair++) {
    const without = await load.window(seconds);
    await change(admin, { paused: false });
    await goesOn(admin);
    const before = await rowsDone(admin);
    const during = await load.window(seconds);
    const rowsPerS = Math.round(((await rowsDone(admin)) - before) / seconds);
    await change(admin, { paused: true });
    pairs.push({ without, during, rowsPerS });
    console.log(`pair ${pair + 1}: ${JSON.stringify(pairs.at(-1))}`);
  }
  const ratios = Object.fromEntries(
    load.kinds.map((kind) => [
      kind,
      round(median(pairs.map((pair) => pair.during[kind].p95 / pair.without[kind].p95))),
    ]),
  );
  const rowsPerS = median(pairs.map((pair) => pair.rowsPerS));
  console.log(`p95 with the backfill against without: ${JSON.stringify(ratios)} (bar ${BAR}), ${rowsPerS} rows/s`);
  return { p95Ratios: ratios, rowsPerS, pairs };
}

/** SIGKILL to the worker while it works; another one goes on. */
async function killInTheMiddle(
  admin: ApiClient,
  worker: ServerProcess,
  start: (environment: Record<string, string>) => Promise<ServerProcess>,
) {
  await change(admin, { paused: false });
  await goesOn(admin);
  const doneBefore = await rowsDone(admin);
  await worker.kill();
  const killedAtMs = performance.now();
  await start(LEASE);
  await until("another instance goes on", START_MAX_MS, async () => (await rowsDone(admin)) > doneBefore + rate);
  const goneOnAfterMs = Math.round(performance.now() - killedAtMs);
  console.log(`killed at ${doneBefore} rows; ${rate} more were done ${goneOnAfterMs} ms later`);
  return { doneBefore, goneOnAfterMs };
}

async function finish(admin: ApiClient) {
  const startedMs = performance.now();
  const doneBefore = await rowsDone(admin);
  await change(admin, { rows_per_second_max: RATE_MAX });
  await until("the backfill is done", END_MAX_MS, async () => (await state(admin)).status === "DONE");
  const { rows: times } = await client.query<{ times: number; rows: number }>(
    "select times, count(*)::int as rows from backfill_trial group by 1",
  );
  if (times.length !== 1 || times[0]?.times !== 1 || times[0].rows !== rows)
    throw new Error(`rows were left out or done twice: ${JSON.stringify(times)}`);
  const rowsPerS = Math.round((rows - doneBefore) / ((performance.now() - startedMs) / 1000));
  console.log(`every row done once; the last ones at ${rowsPerS} rows/s`);
  return { everyRowOnce: true, rowsPerSAtFullSpeed: rowsPerS };
}

async function change(admin: ApiClient, body: object): Promise<void> {
  await admin.expect("PATCH", PATH, body);
}

async function goesOn(admin: ApiClient): Promise<void> {
  const before = await rowsDone(admin);
  await until("the backfill goes on", START_MAX_MS, async () => (await rowsDone(admin)) > before);
}

async function rowsDone(admin: ApiClient): Promise<number> {
  return (await state(admin)).rows_done;
}

function state(admin: ApiClient): Promise<{ status: string; rows_done: number }> {
  return admin.expect("GET", PATH);
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
