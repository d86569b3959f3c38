import { afterAll, beforeAll, expect, test } from "vitest";
import { activityRef, defineActivity, defineWorkflow } from "../authoring/index.ts";
import { engineTestDatabase, openTestPool, startTestEngine, until } from "../testing/index.ts";
import { claimRuns } from "./claim.ts";
import { pgEngineDatabase, type SqlExecutor } from "./database.ts";
import { findActiveByLabel, listRuns } from "./inspect-runs.ts";
import { deleteFinishedTrees } from "./retention.ts";
import { announcePlaces } from "./worker-places.ts";

const FINISHED = 30_000;
const QUEUED = 200_000;
const KEYS = 1000;
/** Pages a claim of fifty touches; those of the queued runs are thousands. */
const CLAIM_PAGES_MAX = 2_500;
const CLAIMS = 21;

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeAll(async () => {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, status, finished_at)
     select x.id, x.id, 'workflow', 'old', 'default', 'COMPLETED', now() from (select gen_random_uuid() as id from generate_series(1, $1)) x`,
    [FINISHED],
  );
  await pool.query("analyze wf_run");
});

interface Usage {
  readonly seqScans: number;
  readonly rowsRead: number;
  readonly indexes: Map<string, number>;
}

/** How often the runs' table was scanned and each of its indexes used. Back ends report at most once a second. */
async function usage(): Promise<Usage> {
  await pool.query("select pg_sleep(1.2)");
  const table = await pool.query<{ seqScans: number; rowsRead: number }>(
    `select seq_scan::int as "seqScans", seq_tup_read::int as "rowsRead" from pg_stat_user_tables where relname = 'wf_run'`,
  );
  const indexes = await pool.query<{ name: string; scans: number }>(
    "select indexrelname as name, idx_scan::int as scans from pg_stat_user_indexes where relname = 'wf_run'",
  );
  return {
    seqScans: table.rows[0]?.seqScans ?? -1,
    rowsRead: table.rows[0]?.rowsRead ?? -1,
    indexes: new Map(indexes.rows.map(({ name, scans }) => [name, scans])),
  };
}

test("no hot statement scans the table of runs: each uses its index", async () => {
  const ref = activityRef<null, null>("noop", { queue: "default" });
  const parent = defineWorkflow({ name: "parent", input: (raw) => raw, run: (ctx) => ctx.activity(ref, null) });
  const t = await startTestEngine(database.url, {
    workflows: [parent],
    activities: [
      defineActivity<null, null, SqlExecutor>({ name: "noop", input: () => null, execute: async () => null }),
    ],
    leaderElection: { enabled: false },
  });
  // Places beyond the capacity of their queue: claims count what is running.
  await announcePlaces(
    executor,
    "others",
    [{ kind: "workflow", queue: "default", places: 1000, batchPlaces: 800 }],
    60_000,
  );
  await t.finished(await t.start(parent, null));
  const doneBefore = t.engine.metrics().ended.completed;
  const before = await usage();
  await t.database.transaction(async (tx) => {
    for (let n = 0; n < 100; n++) {
      const options = { concurrencyKey: `k${n % 20}`, instanceId: `i${n}`, labels: { l: String(n) }, delayMs: n % 3 };
      await t.engine.client.startRun(tx, parent, null, options);
    }
  });
  await until("all is done", () => t.engine.metrics().ended.completed - doneBefore === 200, 50_000);
  expect(await findActiveByLabel(executor, "l", "7")).toBe(false);
  expect(await listRuns(executor, { limit: 10 })).toHaveLength(10);
  await deleteFinishedTrees(executor, 3_600_000, 100);
  // Back ends that have nothing to do may keep their counts for long; those that end report.
  await t.stop();
  const after = await usage();
  expect(after.seqScans - before.seqScans).toBe(0);
  for (const index of [
    "wf_run_ready",
    "wf_run_due",
    "wf_run_running",
    "wf_run_key_holder",
    "wf_run_key_line",
    "wf_run_tree",
    "wf_run_finished",
    "wf_run_list",
    "wf_run_pkey",
  ]) {
    expect(after.indexes.get(index), index).toBeGreaterThan(before.indexes.get(index) ?? 0);
  }
});

test("with 200,000 queued runs on 1,000 keys a claim reads a small part of them", { timeout: 120_000 }, async () => {
  await pool.query("insert into wf_queue (kind, name, capacity) values ('workflow', 'deep', 100000)");
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, concurrency_key)
     select x.id, x.id, 'workflow', 'deep', 'deep', 'deep' || (x.n % $2::int)
     from (select gen_random_uuid() as id, n from generate_series(1, $1::int) n order by n) x`,
    [QUEUED, KEYS],
  );
  await pool.query("analyze wf_run");
  const claimant = { id: "me", version: "1", leaseMs: 600_000, workflowNames: ["deep"], activityNames: [] };
  const request = { kind: "workflow", queue: "deep", limit: 50 } as const;
  const pages: number[] = [];
  let claimed = 0;
  for (let n = 0; n < CLAIMS; n++) {
    pages.push(await pagesOf((by) => claimRuns(by, claimant, [request])));
    claimed += (await claimRuns(executor, claimant, [request])).runs.length;
  }
  expect(claimed).toBe(KEYS);
  console.log(`pages of a claim: ${pages.join(", ")}`);
  pages.sort((a, b) => a - b);
  expect(pages[(CLAIMS - 1) / 2]).toBeLessThan(CLAIM_PAGES_MAX);
  expect(await listRuns(executor, { name: "deep", status: "RUNNING", limit: 10 })).toHaveLength(10);
});

/** Pages the one statement of `work` touches; it is rolled back. */
async function pagesOf(work: (by: SqlExecutor) => Promise<unknown>): Promise<number> {
  const client = await pool.connect();
  let pages = Number.NaN;
  const explaining: SqlExecutor = {
    async query(text, values) {
      const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(
        `explain (analyze, timing off, buffers, format json) ${text}`,
        [...(values ?? [])],
      );
      const plan = rows[0]?.["QUERY PLAN"][0].Plan;
      pages = (plan?.["Shared Hit Blocks"] ?? Number.NaN) + (plan?.["Shared Read Blocks"] ?? Number.NaN);
      return { rows: [], rowCount: 0 };
    },
  };
  try {
    await client.query("begin");
    await work(explaining);
    return pages;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

interface Plan {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
}
