import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../src/testing/index.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import type { WorkerProcess } from "./worker-process.ts";

const LEASE_MS = 2000;
const DEADLINE_MS = 40_000;

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

/** Each second of the time from the first to the last firing has exactly one row, and each row started exactly one run. */
async function expectEveryFiringOnce(): Promise<void> {
  const gaps = await bench.count(
    `(select scheduled_for - lag(scheduled_for) over (order by scheduled_for) as gap from wf_cron_firing where fired_by is not null) x
     where gap <> interval '1 second'`,
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

test("the leader is killed: another one leads, and every cron firing happens once", async () => {
  await untilFiredTimes(2);
  const killed = await leader();
  killed.signal("SIGKILL");
  await until("another one leads", async () => (await leader()).id !== killed.id, DEADLINE_MS);
  await untilFiredTimes(4);
  await expectEveryFiringOnce();
});

test("the leader is stopped past its lease and continued: every cron firing happens once", async () => {
  await untilFiredTimes(2);
  const stopped = await leader();
  stopped.signal("SIGSTOP");
  await until("another one leads", async () => (await leader()).id !== stopped.id, DEADLINE_MS);
  await untilFiredTimes(2);
  stopped.signal("SIGCONT");
  await untilFiredTimes(3);
  await expectEveryFiringOnce();
});

test("a leader that stops in order is followed at the next check, before its lease would have ended", async () => {
  const first = await leader();
  first.signal("SIGTERM");
  await first.gone;
  const rows = await bench.count("wf_lease where holder = $1", [first.id]);
  expect(rows).toBe(0);
  await until("another one leads", async () => (await leader()).id !== first.id, LEASE_MS * 4);
});
