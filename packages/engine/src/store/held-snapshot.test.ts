/** An old transaction keeps the index entries of everything that ended since: claims and ends must not walk over them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { pgEngineDatabase } from "./database.ts";
import { announcePlaces, withdrawPlaces } from "./worker-places.ts";

const DEAD = 20_000;
const LEASE_MS = 600_000;
/** Pages a statement about ten runs touches; the dead alone would be many hundreds. */
const PAGES_MAX = 500;
const QUEUE = { kind: "workflow", queue: "default" } as const;

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
const reader = await pool.connect();
afterAll(async () => {
  reader.release(true);
  await pool.end();
  await database.drop();
});

beforeAll(async () => {
  await pool.query("insert into wf_queue (kind, name, capacity) values ('workflow', 'default', 1000)");
  await insertRuns(DEAD, "RUNNING");
  await reader.query("begin isolation level repeatable read; select 1");
  await pool.query("update wf_run set status = 'COMPLETED', finished_at = now()");
  await insertRuns(10, "RUNNING");
  await insertRuns(100, "CREATED");
});

async function insertRuns(runs: number, status: "RUNNING" | "CREATED"): Promise<void> {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, priority, status, fence, locked_by, locked_until)
     select x.id, x.id, 'workflow', 'known', 'default', 50, $2, 1, 'other', now() + interval '10 minutes'
     from (select gen_random_uuid() as id from generate_series(1, $1)) x`,
    [runs, status],
  );
}

interface Plan {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}

/** Pages the statement touches; it is rolled back. */
async function pagesOf(sql: string, values: unknown[]): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("begin; savepoint warm");
    await client.query(sql, values);
    await client.query("rollback to warm");
    const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(
      `explain (analyze, buffers, format json) ${sql}`,
      values,
    );
    const plan = rows[0]?.["QUERY PLAN"][0].Plan;
    return (plan?.["Shared Hit Blocks"] ?? Number.NaN) + (plan?.["Shared Read Blocks"] ?? Number.NaN);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const pagesOfClaim = () =>
  pagesOf(
    "select * from wf_claim_placed('workflow', 'default', '{known}', 10, 250, 'me', '1', $1, '{}', 50, 10, 0.8, 0, 60000)",
    [LEASE_MS],
  );

test("while the places of all workers fit the queue, a claim counts nothing; where they do not, it counts exactly", async () => {
  const unknown = await pagesOfClaim();
  await announcePlaces(executor, "me", [{ ...QUEUE, places: 500, batchPlaces: 400 }], LEASE_MS);
  await announcePlaces(executor, "other", [{ ...QUEUE, places: 500, batchPlaces: 400 }], LEASE_MS);
  const fitting = await pagesOfClaim();
  await announcePlaces(executor, "other", [{ ...QUEUE, places: 501, batchPlaces: 400 }], LEASE_MS);
  const tooMany = await pagesOfClaim();
  await withdrawPlaces(executor, "other");
  const alone = await pagesOfClaim();
  console.log(`pages of one claim: ${unknown} unknown, ${fitting} fitting, ${tooMany} too many, ${alone} alone`);
  expect(Math.max(fitting, alone)).toBeLessThan(PAGES_MAX);
  expect(Math.min(unknown, tooMany)).toBeGreaterThan(PAGES_MAX);
});

const END =
  "select * from wf_end_2($1, $2, $3, $4, $5, $5, $5, $5::text[]::float8[], $5::text[]::float8[], $6, $6, '{}')";

test("ending runs touches these runs, whatever the statistics say", async () => {
  const { rows } = await pool.query<{ ids: string[] }>(
    "select array_agg(id) as ids from wf_run where status = 'RUNNING' and locked_by = 'other'",
  );
  const ids = rows[0]?.ids ?? [];
  const each = <T>(value: T): T[] => ids.map(() => value);
  const values = [ids, each(1), each("COMPLETED"), each("COMPLETED"), each(null), each(0)];
  const pages: number[] = [];
  for (const statistics of ["none", "fresh", "of an idle moment"]) {
    if (statistics === "of an idle moment")
      await pool.query("update wf_run set status = 'SUSPENDED' where status = 'RUNNING'");
    if (statistics !== "none") await pool.query("analyze wf_run");
    if (statistics === "of an idle moment")
      await pool.query("update wf_run set status = 'RUNNING' where id = any($1)", [ids]);
    pages.push(await pagesOf(END, values));
  }
  console.log(`pages of ending ${ids.length} runs: ${pages.join(", ")}`);
  expect(Math.max(...pages)).toBeLessThan(PAGES_MAX);
});
