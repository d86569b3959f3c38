import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { pgEngineDatabase } from "./database.ts";
import { sweepExpiredRuns } from "./leases.ts";
import { cancelRun, holdRun, resumeRun, retryRun } from "./operate-runs.ts";

const OTHERS = 20_000;
const CHILDREN = 1000;
/** Entries read per run of the tree: each statement looks at the tree a few times, never at each run for each other one. */
const READS_PER_RUN_MAX = 30;
const TAKE_OVERS_MAX = 3;

const database = await engineTestDatabase();
const pool = openTestPool(database.url, 1);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeAll(async () => {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, status, finished_at)
     select x.id, x.id, 'workflow', 'old', 'default', 'COMPLETED', now() from (select gen_random_uuid() as id from generate_series(1, $1)) x`,
    [OTHERS],
  );
});

/** A tree of a root, child workflows and one activity below each of them, all of them held by `owner` when it is given. */
async function tree(owner: string | null, rootStatus = "SUSPENDED"): Promise<string> {
  const id = randomUUID();
  const insert = `insert into wf_run (id, root_id, parent_id, kind, name, queue, status, step_name, fence, locked_by, locked_until, finished_at)`;
  await pool.query(
    `${insert} values ($1, $1, null, 'workflow', 'w', 'default', $2, null, 1, $3, now() - interval '1 s', case when $2 = 'FAILED' then now() end)`,
    [id, owner ? "RUNNING" : rootStatus, owner],
  );
  for (const kind of ["workflow", "activity"]) {
    await pool.query(
      `${insert} select gen_random_uuid(), $1, p.id, $2, 'c', 'default', $3, 's', 1, $4, now() - interval '1 s', null
       from (select id from wf_run where root_id = $1 and ($2 = 'workflow') = (parent_id is null)) p,
         generate_series(1, case when $2 = 'workflow' then $5::int else 1 end)`,
      [id, kind, owner ? "RUNNING" : "CREATED", owner, CHILDREN],
    );
  }
  await pool.query("analyze wf_run");
  return id;
}

/** Index entries and table rows read while `work` ran. Back ends report at most once a second. */
async function readsOf(work: () => Promise<unknown>): Promise<{ entries: number; scanned: number }> {
  const before = await counters();
  await work();
  const after = await counters();
  return { entries: after.entries - before.entries, scanned: after.scanned - before.scanned };
}

async function counters(): Promise<{ entries: number; scanned: number }> {
  await pool.query("select pg_sleep(1.1)");
  const { rows } = await pool.query<{ entries: number; scanned: number }>(
    `select (select sum(idx_tup_read)::int from pg_stat_user_indexes where relname in ('wf_run', 'wf_attempt', 'wf_step')) as entries,
       (select seq_tup_read::int from pg_stat_user_tables where relname = 'wf_run') as scanned`,
  );
  return rows[0] ?? { entries: -1, scanned: -1 };
}

async function expectBounded(work: () => Promise<unknown>): Promise<void> {
  const { entries, scanned } = await readsOf(work);
  expect(scanned).toBe(0);
  expect(entries).toBeGreaterThan(0);
  expect(entries).toBeLessThan(CHILDREN * 2 * READS_PER_RUN_MAX);
}

test("holding, resuming and cancelling a large tree read that tree a few times and nothing else", {
  timeout: 120_000,
}, async () => {
  const id = await tree(null);
  await expectBounded(async () => expect(await holdRun(executor, id)).toBe(true));
  await expectBounded(async () => expect(await resumeRun(executor, id)).toBe(true));
  await expectBounded(async () => expect(await cancelRun(executor, id)).toBe(true));
});

test("retrying a large tree, as a whole or from a step, reads that tree a few times", async () => {
  const id = await tree(null, "FAILED");
  await expectBounded(async () => expect(await retryRun(executor, id, null)).toBe("RETRIED"));
  await pool.query("update wf_run set status = 'FAILED', finished_at = now() where id = $1", [id]);
  await expectBounded(async () => expect(await retryRun(executor, id, "s")).toBe("RETRIED"));
  expect((await pool.query("select 1 from wf_run where root_id = $1", [id])).rowCount).toBe(1);
});

test("taking back a large tree whose owner died reads it a few times, not once for each of its runs", {
  timeout: 120_000,
}, async () => {
  await tree("dead");
  await expectBounded(async () => {
    const swept = await sweepExpiredRuns(executor, CHILDREN * 3, TAKE_OVERS_MAX);
    expect(swept).toEqual({ freed: CHILDREN * 2 + 1, failed: 0 });
  });
  const { rowCount } = await pool.query("select 1 from wf_run where take_overs > 0 and kind = 'workflow'");
  expect(rowCount, "every workflow ran beside its activity").toBe(0);
});
