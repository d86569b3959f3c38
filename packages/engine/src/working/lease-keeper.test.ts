import { afterAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import type { SqlExecutor } from "../store/database.ts";
import { engineTestDatabase, startTestEngine, until } from "../testing/index.ts";

const LEASE_MS = 800;
const patient = activityRef<null, number>("patient", { queue: "default" });
const withActivity = defineWorkflow({
  name: "with-activity",
  input: (raw) => raw,
  run: (ctx) => ctx.activity(patient, null),
});
const starts: AbortSignal[] = [];
let mayEnd = false;

const database = await engineTestDatabase();
afterAll(() => database.drop());

test("an outage longer than the lease interrupts work, which goes on afterwards and is blamed for no crash", async () => {
  const t = await startTestEngine(database.url, {
    lease: { leaseMs: LEASE_MS, beatMs: 100 },
    leaderElection: { enabled: false }, // nobody takes anything back: what goes on was handed back by its owner
    workflows: [withActivity],
    activities: [
      defineActivity<null, number, SqlExecutor>({
        name: "patient",
        input: () => null,
        async execute(ctx) {
          const start = starts.push(ctx.signal);
          await until("it may end", () => mayEnd || ctx.signal.aborted);
          return start;
        },
      }),
    ],
  });
  const id = await t.start(withActivity, null);
  await until("the activity runs", () => starts.length === 1);
  await t.pool.query("alter table wf_run rename to wf_run_away");
  await until("it is aborted", () => starts[0]?.aborted);
  await t.pool.query("alter table wf_run_away rename to wf_run");
  await until("it runs again", () => starts.length === 2);
  mayEnd = true;
  expect(await t.finished(id)).toMatchObject({ status: "COMPLETED", output: 2 });
  const [activity] = await t.engine.client.listRuns({ rootId: id, limit: 1 });
  const run = await t.engine.client.getRun(activity?.id ?? "");
  expect(run).toMatchObject({ attempt: 1, takeOvers: 0 });
  expect(run?.attempts.map(({ outcome }) => outcome)).toEqual(["HANDED_BACK", "COMPLETED"]);
  await t.stop();
});

test("an outage shorter than the lease interrupts nothing", async () => {
  mayEnd = false;
  const t = await startTestEngine(database.url, {
    lease: { leaseMs: 60_000, beatMs: 100 },
    leaderElection: { enabled: false },
    workflows: [withActivity],
    activities: [
      defineActivity<null, number, SqlExecutor>({
        name: "patient",
        input: () => null,
        async execute(ctx) {
          starts.push(ctx.signal);
          await until("it may end", () => mayEnd || ctx.signal.aborted);
          return starts.length;
        },
      }),
    ],
  });
  const before = starts.length;
  const id = await t.start(withActivity, null);
  await until("the activity runs", () => starts.length === before + 1);
  await t.pool.query("alter table wf_run rename to wf_run_away");
  const failures = t.engine.metrics().leases.failures;
  await until("renewals have failed", () => t.engine.metrics().leases.failures > failures + 2);
  await t.pool.query("alter table wf_run_away rename to wf_run");
  const { beats } = t.engine.metrics().leases;
  await until("a renewal has succeeded", () => t.engine.metrics().leases.beats > beats);
  expect(starts.at(-1)?.aborted).toBe(false);
  mayEnd = true;
  expect(await t.finished(id)).toMatchObject({ status: "COMPLETED", output: before + 1 });
  await t.stop();
});
