import { afterAll, beforeAll, expect, test } from "vitest";
import { engineTestDatabase, openTestPool } from "../testing/index.ts";
import { pgEngineDatabase, type SqlExecutor } from "./database.ts";
import { LIST_BOUNDS, listRunsPage } from "./list-runs.ts";
import { listQueueStates } from "./queues.ts";
import { listRunEvents } from "./run-events.ts";
import type { RunListQuery, RunSort } from "./run-list-query.ts";
import { getActiveInstance, getRunSummary } from "./run-summary.ts";

const RUNS = 60_000;
const NAMES = 4;
const SECOND_MS = 1000;
const LIMIT = 50;
/**
 * What one statement may read: candidates with the rows they stand for, or walks over every name and state that has many rows.
 * A statement that read all runs and activities would read 120,000.
 */
const ROWS_READ_MAX = 3 * LIST_BOUNDS.candidatesMax + NAMES * LIST_BOUNDS.examinedMax + 20 * LIMIT;

const database = await engineTestDatabase();
const pool = openTestPool(database.url);
const { executor } = pgEngineDatabase(pool);
const nowMs = Date.now();
beforeAll(async () => {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, status, instance_id, labels, created_at, finished_at)
     select x.id, x.id, 'workflow', 'flow-' || n % $2, 'default', x.status, case when n % 10 = 0 and x.status = 'COMPLETED' then 'i' || n % 700 end,
       jsonb_build_object('project', (n % 1000)::text, 'by', 'schedule'), x.created_at,
       case when x.status <> 'CREATED' then x.created_at + interval '5 seconds' end
     from (select gen_random_uuid() as id, n, to_timestamp($3::float8 / 1000) - ($1 - n) * interval '1 second' as created_at,
         case when n > $1 - 15000 then 'CREATED' when n % 5000 = 1 then 'FAILED' else 'COMPLETED' end as status
       from generate_series(1, $1::int) n) x`,
    [RUNS, NAMES, nowMs],
  );
  await pool.query(
    `insert into wf_run (id, root_id, parent_id, kind, name, queue, status, created_at, finished_at)
     select gen_random_uuid(), r.id, r.id, 'activity', 'act', 'default', 'COMPLETED', r.created_at, r.created_at from wf_run r`,
  );
  await pool.query(
    `insert into wf_label (name, value, root_id) select l.name, l.value, r.id from wf_run r cross join lateral jsonb_each_text(r.labels) as l(name, value)`,
  );
  // As autovacuum would, so that plans do not depend on when it comes by; and over every row, so that they depend on no sample.
  await pool.query("vacuum wf_run");
  await pool.query("vacuum wf_label");
  await pool.query("begin; set local default_statistics_target = 1000; analyze wf_run; analyze wf_label; commit");
}, 180_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly text: string;
  readonly sequential: string[];
  readonly rows: number;
}

/** Executes and keeps, for each statement, what was scanned in sequence and how many rows of tables were read. */
function explaining(seen: Explained[]): SqlExecutor {
  return {
    async query<R extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await executor.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
        `explain (analyze, timing off, format json) ${text}`,
        values,
      );
      const sequential: string[] = [];
      let read = 0;
      const visit = (node: PlanNode) => {
        const table = node["Relation Name"];
        if (table !== undefined)
          read += (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
        if (table !== undefined && node["Node Type"] === "Seq Scan") sequential.push(table);
        node.Plans?.forEach(visit);
      };
      for (const row of rows) visit(row["QUERY PLAN"][0].Plan);
      seen.push({ text: text.slice(0, 40), sequential, rows: read });
      return executor.query<R>(text, values);
    },
  };
}

const ago = (seconds: number) => nowMs - seconds * SECOND_MS;
const FILTERS: Readonly<Record<string, Partial<RunListQuery>>> = {
  nothing: {},
  "a name": { name: "flow-1" },
  "an unknown name": { name: "none" },
  "a version": { version: 1 },
  "a rare state": { status: "FAILED" },
  "a full queue": { status: "CREATED" },
  "a state nobody is in": { status: "RUNNING" },
  "a name and a state": { name: "flow-1", status: "COMPLETED" },
  "an instance id": { instanceId: "i70" },
  "a rare label": { labels: { project: "7" } },
  "a label all runs have": { labels: { by: "schedule" } },
  "both labels": { labels: { by: "schedule", project: "7" } },
  "lately created": { createdSinceMs: ago(100) },
  "created long ago": { createdBeforeMs: ago(30_000) },
  "lately ended": { finishedSinceMs: ago(16_000) },
  "ended long ago": { finishedBeforeMs: ago(45_000) },
  "a wide span of ends": { finishedSinceMs: ago(50_000) },
  everything: {
    status: "COMPLETED",
    version: 1,
    labels: { by: "schedule" },
    createdSinceMs: ago(50_000),
    finishedBeforeMs: ago(20_000),
  },
};
const SORTS: readonly RunSort[] = ["id", "createdAt", "finishedAt"];

test.each(Object.entries(FILTERS))(
  "a page asked for by %s reads a bounded number of rows in every order",
  { timeout: 120_000 },
  async (_what, filter) => {
    for (const sort of SORTS) {
      for (const descending of [true, false]) {
        const seen: Explained[] = [];
        const query = { ...filter, sort, descending, limit: LIMIT };
        const first = await listRunsPage(explaining(seen), query);
        if (first.next) await listRunsPage(explaining(seen), { ...query, after: first.next });
        for (const { text, sequential, rows } of seen) {
          const what = `${text} ${sort} ${descending ? "descending" : "ascending"}`;
          expect(sequential, what).toEqual([]);
          expect(rows, what).toBeLessThan(ROWS_READ_MAX);
        }
      }
    }
  },
);

test("a run, its history, the run of an instance id and the queues are read over indexes", async () => {
  const seen: Explained[] = [];
  const { rows } = await pool.query<{ id: string }>(
    "select id from wf_run where kind = 'workflow' and status = 'FAILED' limit 1",
  );
  const id = String(rows[0]?.id);
  const looking = explaining(seen);
  expect(
    (await listRunEvents(looking, id, { from: 0, after: null, descending: true, limit: 100 })).events,
  ).toHaveLength(4);
  expect((await getRunSummary(looking, id))?.status).toBe("FAILED");
  expect(await getActiveInstance(looking, "i70")).toBeNull();
  expect(await listQueueStates(looking, "workflow", { after: null, limit: 10 })).toEqual([]);
  for (const { text, sequential, rows: read } of seen) {
    expect(sequential, text).not.toContain("wf_run");
    expect(read, text).toBeLessThan(100);
  }
});
