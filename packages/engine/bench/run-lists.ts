/**
 * Pages of workflow runs with few and with many of them: how much longer a page takes when there are eight times as many. Half of
 * the rows are activities.
 *
 *   npm run bench -- engine/run-lists [--runs 200000] [--url postgres://…]
 */
import { parseArgs } from "node:util";
import type pg from "pg";
import { pgEngineDatabase } from "../src/store/database.ts";
import { listRunsPage } from "../src/store/list-runs.ts";
import type { RunListQuery } from "../src/store/run-list-query.ts";
import { openTestPool } from "../src/testing/index.ts";
import { withDatabase } from "./measuring/database.ts";
import { keepResult, percentile, rounded } from "./measuring/result.ts";

const SAMPLES = 7;
const SHARE_OF_FEW = 8;

const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "200000" }, url: { type: "string" } },
});

const PAGES: Readonly<Record<string, Partial<RunListQuery>>> = {
  newest: {},
  ofOneName: { name: "flow-3" },
  failed: { status: "FAILED" },
  queuedOldest: { status: "CREATED", descending: false },
  ofOneProject: { labels: { project: "7" } },
  endedLast: { sort: "finishedAt", status: "COMPLETED" },
  byId: { sort: "id" },
  labelOfAll: { labels: { by: "schedule" } },
  oldSpanByEnd: { sort: "finishedAt", createdBeforeMs: Date.now() - 30_000_000, descending: false },
};

/** Runs number `first` to `last`, one per second, the last ones now; the newest 3,000 are queued. */
async function seed(pool: pg.Pool, first: number, last: number, all: number): Promise<void> {
  await pool.query(
    `with created as (
       insert into wf_run (id, root_id, kind, name, queue, status, labels, created_at, finished_at)
       select x.id, x.id, 'workflow', 'flow-' || n % 12, 'default', x.status, jsonb_build_object('project', (n % 1000)::text, 'by', 'schedule'),
         x.created_at, case when x.status <> 'CREATED' then x.created_at + interval '5 seconds' end
       from (select gen_random_uuid() as id, n, now() - ($3 - n) * interval '1 second' as created_at,
           case when n > $3 - 3000 then 'CREATED' when n % 5000 = 1 then 'FAILED' else 'COMPLETED' end as status
         from generate_series($1::int, $2::int) n) x
       returning id, labels, created_at
     ), labelled as (
       insert into wf_label (name, value, root_id) select l.key, l.value, c.id from created c cross join lateral jsonb_each_text(c.labels) l
     )
     insert into wf_run (id, root_id, parent_id, kind, name, queue, status, created_at, finished_at)
     select gen_random_uuid(), c.id, c.id, 'activity', 'act', 'default', 'COMPLETED', c.created_at, c.created_at from created c`,
    [first, last, all],
  );
  await pool.query("vacuum analyze wf_run");
  await pool.query("analyze wf_label");
}

async function measure(pool: pg.Pool): Promise<Record<string, number>> {
  const { executor } = pgEngineDatabase(pool);
  const medians: Record<string, number> = {};
  for (const [what, asked] of Object.entries(PAGES)) {
    const samples: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const startedMs = performance.now();
      await listRunsPage(executor, { sort: "createdAt", descending: true, limit: 100, ...asked });
      samples.push(performance.now() - startedMs);
    }
    medians[what] = percentile(samples, 0.5);
  }
  return medians;
}

await withDatabase(options.url, async (url) => {
  const pool = openTestPool(url);
  const runs = Number(options.runs);
  const few = Math.round(runs / SHARE_OF_FEW);
  // The newest first: what the pages show is there both times.
  await seed(pool, runs - few + 1, runs, runs);
  const before = await measure(pool);
  await seed(pool, 1, runs - few, runs);
  const after = await measure(pool);
  const figures: Record<string, unknown> = { runs, few };
  for (const what of Object.keys(PAGES)) {
    const [fewMs = Number.NaN, manyMs = Number.NaN] = [before[what], after[what]];
    figures[what] = { fewMs: rounded(fewMs), manyMs: rounded(manyMs), ratio: rounded(manyMs / fewMs, 2) };
    console.log(`${what}: ${rounded(fewMs)} ms with ${few} runs, ${rounded(manyMs)} ms with ${runs}`);
  }
  keepResult("run-lists", figures);
  await pool.end();
});
process.exit(0);
