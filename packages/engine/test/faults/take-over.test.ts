import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../src/testing/index.ts";
import { besidePoison, ledger, newer, poison, sleeper, slowMiddle, threeSteps } from "./definitions.ts";
import { type FaultBench, openFaultBench } from "./fault-bench.ts";
import { tracesOf } from "./trace.ts";

const DEADLINE_MS = 120_000;
/** Short, so that nobody waits long for what died; long enough for a busy machine to renew it in time. */
const LEASE_MS = 3000;
const HALF_AN_HOUR_MS = 1_800_000;
/** Longer than every deadline inside, so that these say what was waited for. */
const TEST_MS = 400_000;
let bench: FaultBench;
beforeEach(async () => {
  bench = await openFaultBench();
});
afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.log(bench.workers.output());
  await bench.close();
});

async function traced(runId: string): Promise<string[]> {
  return (await tracesOf(bench.database.executor, runId)).map(({ what }) => what);
}

/** The process that is in the middle step. */
async function ownerInMiddle(runId: string): Promise<number> {
  const seen = await until(
    "the run is in its middle step",
    async () => (await tracesOf(bench.database.executor, runId)).find(({ what }) => what === "middle"),
    DEADLINE_MS,
  );
  return seen.pid;
}

test("a run whose process is killed mid-step is taken over by another one; completed steps do not run again", {
  timeout: TEST_MS,
}, async () => {
  await bench.workers.start({ url: bench.url, id: "one" });
  await bench.workers.start({ url: bench.url, id: "two", version: "2.0.0" });
  const runId = await bench.start(slowMiddle, null);
  process.kill(await ownerInMiddle(runId), "SIGKILL");
  const run = await bench.finished(runId, DEADLINE_MS);
  expect(run.status).toBe("COMPLETED");
  expect(await traced(runId)).toEqual(["before", "middle", "middle", "after"]);
  expect(run.attempts.map(({ outcome }) => outcome)).toEqual(["LEASE_EXPIRED", "COMPLETED"]);
  expect(new Set(run.attempts.map(({ instanceId }) => instanceId)).size).toBe(2);
});

test("an owner stopped past its lease and continued records nothing: one record per step", {
  timeout: TEST_MS,
}, async () => {
  const workers = [
    await bench.workers.start({ url: bench.url, id: "one" }),
    await bench.workers.start({ url: bench.url, id: "two" }),
  ];
  const runId = await bench.start(slowMiddle, null);
  const pid = await ownerInMiddle(runId);
  const owner = workers.find((worker) => worker.pid === pid);
  owner?.signal("SIGSTOP");
  const run = await bench.finished(runId, DEADLINE_MS);
  owner?.signal("SIGCONT");
  await until(
    "the stopped process has learnt its loss",
    () => owner?.output().includes("belongs to somebody else"),
    DEADLINE_MS,
  );
  expect(run.status).toBe("COMPLETED");
  const steps = await bench.engine.client.getSteps(runId);
  expect(steps.map(({ name }) => name)).toEqual(["before", "middle", "after"]);
  expect((await bench.engine.client.getRun(runId))?.status).toBe("COMPLETED");
});

test("a step killed between its domain commit and its run's next write has one effect", {
  timeout: TEST_MS,
}, async () => {
  await bench.workers.start({ url: bench.url, id: "one" });
  await bench.workers.start({ url: bench.url, id: "two" });
  const runId = await bench.start(ledger, null);
  const run = await bench.finished(runId, DEADLINE_MS);
  expect(run).toMatchObject({ status: "COMPLETED", output: "once" });
  expect(await bench.count("trace where what = 'effect'")).toBe(1);
  expect(await bench.count("trace where what = 'after the transaction'")).toBe(2);
});

test("a run that kills its process is FAILED after 3 take-overs, its parent is told, others go on", {
  timeout: TEST_MS,
}, async () => {
  await bench.workers.start({ url: bench.url, id: "one", leaseMs: LEASE_MS });
  const runId = await bench.start(poison, null);
  let next = 2;
  const run = await until(
    "the poisonous run has failed",
    async () => {
      if (next < 12 && (await bench.count("trace where what = 'died'")) >= next - 1) {
        await bench.workers.start({ url: bench.url, id: `instance-${next++}`, leaseMs: LEASE_MS });
      }
      const seen = await bench.engine.client.getRun(runId);
      return seen?.status === "FAILED" ? seen : null;
    },
    DEADLINE_MS,
  );
  expect(run.error?.message).toMatch(/told: .*crashed its worker/);
  expect(await bench.count("trace where what = 'died'")).toBe(4);
  const other = await bench.start(threeSteps, { n: 1 });
  expect((await bench.finished(other, DEADLINE_MS)).status).toBe("COMPLETED");
});

test("of a workflow and its poisonous activity in one process only the activity is given up, and the workflow goes on", {
  timeout: TEST_MS,
}, async () => {
  await bench.workers.start({ url: bench.url, id: "one", leaseMs: LEASE_MS });
  const runId = await bench.start(besidePoison, null);
  let next = 2;
  const run = await until(
    "the workflow has been told",
    async () => {
      if (next < 12 && (await bench.count("trace where what = 'died'")) >= next - 1) {
        await bench.workers.start({ url: bench.url, id: `instance-${next++}`, leaseMs: LEASE_MS });
      }
      const seen = await bench.engine.client.getRun(runId);
      return seen?.finishedAt ? seen : null;
    },
    DEADLINE_MS,
  );
  expect(run).toMatchObject({ status: "COMPLETED", output: expect.stringMatching(/told: .*crashed its worker/) });
  expect(run.takeOvers).toBe(0);
  expect(run.attempts.filter(({ outcome }) => outcome === "LEASE_EXPIRED")).toHaveLength(4);
});

test("old and new code side by side: what the old code does not know waits for the new code", {
  timeout: TEST_MS,
}, async () => {
  await bench.workers.start({ url: bench.url, id: "old", workflows: [threeSteps.name] });
  const unknown = await bench.start(newer, null);
  const known = await bench.start(threeSteps, { n: 1 });
  await bench.finished(known, DEADLINE_MS);
  expect((await bench.engine.client.getRun(unknown))?.status).toBe("CREATED");
  await bench.workers.start({ url: bench.url, id: "new" });
  const run = await bench.finished(unknown, DEADLINE_MS);
  expect(run.attempts.map(({ instanceId }) => instanceId)).toEqual(["new"]);
});

test("instances whose clocks are an hour off keep leases, sleeps and cron right", { timeout: TEST_MS }, async () => {
  await bench.workers.start({ url: bench.url, id: "ahead", clockSkewMs: 3_600_000, cron: true });
  await bench.workers.start({ url: bench.url, id: "behind", clockSkewMs: -3_600_000, cron: true });
  const naps = await Promise.all([bench.start(sleeper, { ms: 1500 }), bench.start(sleeper, { ms: 3000 })]);
  const [short, long] = await Promise.all(naps.map((id) => bench.finished(id, DEADLINE_MS)));
  expect(short?.output).toBeGreaterThanOrEqual(1500);
  expect(short?.output).toBeLessThan(HALF_AN_HOUR_MS);
  expect(long?.output).toBeGreaterThanOrEqual(3000);
  expect(short?.takeOvers).toBe(0);
  await until("cron has fired thrice", async () => (await bench.count("trace where run = 'tick'")) >= 3, DEADLINE_MS);
  expect(await bench.count("wf_cron_firing where scheduled_for > clock_timestamp() + interval '1 minute'")).toBe(0);
  expect(await bench.count("(select what from trace where run = 'tick' group by what having count(*) > 1) x")).toBe(0);
});
