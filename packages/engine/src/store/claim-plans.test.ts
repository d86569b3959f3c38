import { afterAll, beforeAll, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";

const DEAD_PER_PRIORITY = 10_000;
const WAITING_PER_PRIORITY = 7000;
const PRIORITIES = [75, 50, 0];
/** Pages touched by a claim of ten that begins where it should; the dead alone would be thousands. */
const PAGES_MAX = 600;

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const reader = await pool.connect();
afterAll(async () => {
  reader.release(true);
  await pool.end();
  await database.drop();
});

const floors: Record<number, number> = {};

/** Runs have been claimed and finished in each priority while an old snapshot keeps their index entries; others wait behind. */
beforeAll(async () => {
  await pool.query("insert into wf_queue (kind, name, capacity) values ('workflow', 'default', 100000)");
  for (const priority of PRIORITIES) await fill(priority, DEAD_PER_PRIORITY);
  const { rows } = await pool.query<{ priority: number; seq: string }>(
    "select priority, max(seq) as seq from wf_run group by priority",
  );
  for (const { priority, seq } of rows) floors[priority] = Number(seq);
  await reader.query("begin isolation level repeatable read; select 1");
  await pool.query("update wf_run set status = 'COMPLETED', finished_at = now()");
  for (const priority of PRIORITIES) await fill(priority, WAITING_PER_PRIORITY);
  await pool.query("analyze wf_run");
});

async function fill(priority: number, runs: number): Promise<void> {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, priority, created_at, visible_from)
     select x.id, x.id, 'workflow', 'known', 'default', $1, now() - interval '10 minutes', now() - interval '10 minutes'
     from (select gen_random_uuid() as id from generate_series(1, $2)) x`,
    [priority, runs],
  );
}

interface Plan {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}

/** Pages one claim touches, whatever they hold; the claim is rolled back. */
async function pagesOf(claim: {
  floors: Record<number, number>;
  limit: number;
  batchLimit: number;
  agedLimit: number;
}) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const result = await client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(
      `explain (analyze, buffers, format json) select * from wf_claim_placed('workflow', 'default', '{known}', $1, 250, 'me', '1',
         60000, $2, 50, $3, 0.8, $4, 60000)`,
      [claim.limit, claim.floors, claim.batchLimit, claim.agedLimit],
    );
    const plan = result.rows[0]?.["QUERY PLAN"][0].Plan;
    return (plan?.["Shared Hit Blocks"] ?? Number.NaN) + (plan?.["Shared Read Blocks"] ?? Number.NaN);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("behind its floors a claim walks over nothing that is finished, while an old snapshot keeps all of it", async () => {
  const request = { limit: 10, batchLimit: 10, agedLimit: 0 };
  const [complete, floored] = [await pagesOf({ ...request, floors: {} }), await pagesOf({ ...request, floors })];
  console.log(`pages of one claim: ${complete} without floors, ${floored} with`);
  expect(complete).toBeGreaterThan(PAGES_MAX);
  expect(floored).toBeLessThan(PAGES_MAX);
});

test("looking for what has waited longest costs a look at the head of each priority", async () => {
  const pages = await pagesOf({ limit: 10, batchLimit: 10, agedLimit: 1, floors });
  console.log(`pages of a claim with a turn for the longest-waiting: ${pages}`);
  expect(pages).toBeLessThan(PAGES_MAX);
});

test("a full place for batch work costs a poll next to nothing", async () => {
  await pool.query("delete from wf_run where priority >= 50 and finished_at is null");
  const highest = Object.fromEntries(PRIORITIES.map((priority) => [priority, 1_000_000]));
  const pages = await pagesOf({ limit: 10, batchLimit: 0, agedLimit: 0, floors: { ...highest, 0: floors[0] ?? 0 } });
  expect(pages).toBeLessThan(PAGES_MAX / 10);
});
