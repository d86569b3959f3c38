import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { defineWorkflow } from "../authoring/index.ts";
import { pgEngineDatabase } from "../store/database.ts";
import { wakeStrandedParents } from "../store/repairs.ts";
import { deleteFinishedTrees } from "../store/retention.ts";
import { engineTestDatabase, openTestPool, startTestEngine, until } from "../testing/index.ts";

const DAY_MS = 86_400_000;
const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query("truncate wf_run, wf_step, wf_attempt, wf_signal, wf_label");
});

/** A finished run with one of everything, or a child of `root` in some state. */
async function insert(run: { daysAgo: number | null; root?: string; status?: string }): Promise<string> {
  const id = randomUUID();
  const status = run.status ?? (run.daysAgo === null ? "SUSPENDED" : "COMPLETED");
  await pool.query(
    `insert into wf_run (id, root_id, parent_id, kind, name, queue, status, waiting, visible_from, finished_at)
     values ($1, $2, $3, 'workflow', 'w', 'default', $4, case when $4 = 'SUSPENDED' then 'event' end, 'infinity', now() - $5 * interval '1 day')`,
    [id, run.root ?? id, run.root ?? null, status, run.daysAgo],
  );
  await pool.query("insert into wf_step (run_id, name, fence) values ($1, 's', 1)", [id]);
  await pool.query("insert into wf_attempt (run_id, fence, attempt, outcome) values ($1, 1, 1, 'SUSPENDED')", [id]);
  await pool.query("update wf_attempt set finished_at = now() - interval '1 hour'");
  await pool.query("insert into wf_signal (run_id, name) values ($1, 's')", [id]);
  if (!run.root) await pool.query("insert into wf_label (name, value, root_id) values ('l', 'v', $1)", [id]);
  return id;
}

async function remaining(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>("select id from wf_run");
  return rows.map(({ id }) => id).sort();
}

test("finished trees go as a whole with all that belongs to them; younger ones and active trees stay", async () => {
  const old = await insert({ daysAgo: 3 });
  await insert({ daysAgo: 3, root: old });
  const young = await insert({ daysAgo: 0 });
  const busy = await insert({ daysAgo: 3 });
  const busyChild = await insert({ daysAgo: null, root: busy });
  expect(await deleteFinishedTrees(executor, DAY_MS, 100)).toBe(1);
  expect(await remaining()).toEqual([young, busy, busyChild].sort());
  for (const table of ["wf_step", "wf_attempt", "wf_signal"]) {
    expect((await pool.query(`select 1 from ${table}`)).rowCount).toBe(3);
  }
  expect((await pool.query("select 1 from wf_label")).rowCount).toBe(2);
});

test("a parent asleep although none of its children is active is woken by the repair", async () => {
  const parent = await insert({ daysAgo: null });
  await insert({ daysAgo: 0, root: parent });
  expect(await wakeStrandedParents(executor)).toBe(1);
  const { rows } = await pool.query("select waiting from wf_run where id = $1", [parent]);
  expect(rows).toEqual([{ waiting: null }]);
});

test("retention works beside a loaded worker: old runs go, no new one is harmed", async () => {
  const RUNS = 600;
  const oneStep = defineWorkflow({ name: "one-step", input: (raw) => raw, run: (ctx) => ctx.step("s", () => 1) });
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, status, finished_at)
     select x.id, x.id, 'workflow', 'old', 'default', 'COMPLETED', now() - interval '3 days'
     from (select gen_random_uuid() as id from generate_series(1, 5000)) x`,
  );
  const t = await startTestEngine(database.url, {
    workflows: [oneStep],
    retention: { runRetentionMs: DAY_MS, intervalMs: 50, batchSize: 100, batchesMax: 20 },
  });
  await t.database.transaction(async (tx) => {
    for (let n = 0; n < RUNS; n++) await t.engine.client.startRun(tx, oneStep, n);
  });
  const done = async () =>
    (await pool.query("select 1 from wf_run where status = 'COMPLETED' and name = 'one-step'")).rowCount;
  await until("every new run is done", async () => (await done()) === RUNS);
  await until(
    "every old run is gone",
    async () => !(await pool.query("select 1 from wf_run where name = 'old' limit 1")).rowCount,
  );
  await until("all of them are counted", () => t.engine.metrics().maintenance.deleted === 5000);
  await t.stop();
  expect(await done()).toBe(RUNS);
});
