import { afterEach, beforeEach, expect, test } from "vitest";
import { CRON_CATCH_UP_MAX } from "../../src/leadership/cron.ts";
import { until } from "../../src/testing/index.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import type { WorkerProcess } from "./worker-process.ts";

const LEASE_MS = 2000;
/** How often worker programs look at the leader's lease. */
const CHECK_MS = LEASE_MS / 4;
/** What a busy machine may be late. */
const SLACK_MS = 20_000;
const DEADLINE_MS = 120_000;

/** Longer than every deadline inside, so that these say what was waited for. */
const TEST_MS = 400_000;
let bench: FaultBench;
let workers: WorkerProcess[];
beforeEach(async () => {
  bench = await openFaultBench();
  workers = [];
  for (const id of ["one", "two", "three"]) {
    workers.push(await bench.workers.start({ url: bench.url, id, leaseMs: LEASE_MS, cron: true }));
  }
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.log(bench.workers.output());
  await bench.close();
});

async function leader(): Promise<WorkerProcess> {
  return until("somebody leads", async () => {
    const { rows } = await bench.pool.query<{ holder: string }>(
      "select holder from wf_lease where expires_at > clock_timestamp()",
    );
    return workers.find(({ id }) => id === rows[0]?.holder);
  });
}

function firings(): Promise<number> {
  return bench.count("wf_cron_firing where fired_by is not null");
}

async function untilFiredTimes(more: number): Promise<void> {
  const enough = (await firings()) + more;
  await until(`cron has fired ${more} more times`, async () => (await firings()) >= enough, DEADLINE_MS);
}

/**
 * Each second of the time from the first to the last firing has exactly one row, and each row started exactly one run. Only a
 * second that was past by more than is caught up with may be missing: nobody had led for so long.
 */
async function expectEveryFiringOnce(): Promise<void> {
  const gaps = await bench.count(
    `(select fired_at - scheduled_for as late, scheduled_for - lag(scheduled_for) over (order by scheduled_for) as gap
        from wf_cron_firing where fired_by is not null) x
     where gap <> interval '1 second' and late < ($1 - 1) * interval '1 second'`,
    [CRON_CATCH_UP_MAX],
  );
  expect(gaps).toBe(0);
  await until(
    "what cron started is done",
    async () => (await bench.count("wf_run where status <> 'COMPLETED'")) === 0,
    DEADLINE_MS,
  );
  const unequal = await bench.count(
    `wf_cron_firing f where fired_by is not null and 1 <> (select count(*) from wf_run r
       where (r.input->>'at')::timestamptz = f.scheduled_for and r.name = 'ticked')`,
  );
  expect(unequal).toBe(0);
}

async function databaseNow(): Promise<Date> {
  const { rows } = await bench.pool.query<{ now: Date }>("select clock_timestamp() as now");
  return rows[0]?.now ?? new Date(0);
}

test("the leader is killed: another one leads within lease and check, and every cron firing happens once", {
  timeout: TEST_MS,
}, async () => {
  await untilFiredTimes(2);
  const killed = await leader();
  killed.signal("SIGKILL");
  const killedAt = await databaseNow();
  await until("another one leads", async () => (await leader()).id !== killed.id, DEADLINE_MS);
  const { rows } = await bench.pool.query<{ acquired_at: Date }>("select acquired_at from wf_lease");
  const leaderlessMs = (rows[0]?.acquired_at.getTime() ?? Number.POSITIVE_INFINITY) - killedAt.getTime();
  console.log(`no leader for ${leaderlessMs} ms; lease ${LEASE_MS} ms, check ${CHECK_MS} ms`);
  expect(leaderlessMs).toBeLessThan(LEASE_MS + CHECK_MS + SLACK_MS);
  await untilFiredTimes(4);
  await expectEveryFiringOnce();
});

test("the leader is stopped past its lease and continued: it leads no more, and every cron firing happens once", {
  timeout: TEST_MS,
}, async () => {
  await untilFiredTimes(2);
  const stopped = await leader();
  stopped.signal("SIGSTOP");
  await until("another one leads", async () => (await leader()).id !== stopped.id, DEADLINE_MS);
  await untilFiredTimes(2);
  stopped.signal("SIGCONT");
  await untilFiredTimes(3);
  await until("it has noticed", () => stopped.output().includes("no longer leads"), DEADLINE_MS);
  const { id: holder } = await leader();
  expect(holder).not.toBe(stopped.id);
  expect(
    await bench.count("wf_cron_firing f join wf_lease l on f.fired_at > l.acquired_at and f.fired_by <> l.holder"),
  ).toBe(0);
  await expectEveryFiringOnce();
});

test("a leader that stops in order gives its lease back: another one leads without waiting for its end", {
  timeout: TEST_MS,
}, async () => {
  const first = await leader();
  first.signal("SIGTERM");
  await first.gone;
  const rows = await bench.count("wf_lease where holder = $1", [first.id]);
  expect(rows).toBe(0);
  await until("another one leads", async () => (await leader()).id !== first.id, DEADLINE_MS);
});

test("newer instances come beside a leader: the newest one leads soon, and every cron firing happens once", {
  timeout: TEST_MS,
}, async () => {
  await untilFiredTimes(2);
  for (const version of ["1.1.0", "1.2.0"]) {
    const settings = { url: bench.url, leaseMs: LEASE_MS, cron: true };
    workers.push(await bench.workers.start({ ...settings, id: version, version }));
  }
  await until("the newest one leads", async () => (await leader()).id === "1.2.0", DEADLINE_MS);
  workers.at(-1)?.signal("SIGKILL");
  await until("the next newest leads", async () => (await leader()).id === "1.1.0", DEADLINE_MS);
  await untilFiredTimes(2);
  await expectEveryFiringOnce();
});
