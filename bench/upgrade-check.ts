/**
 * How long `upgrade check` takes, its process included: with a long history of runs and a pending migration, whose locks it estimates, and
 * when the database accepts connections and says nothing.
 * Bar: an answer within 5 s, always.
 */
import { createServer } from "node:net";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { runServer } from "../e2e/harness/server-run.ts";
import { keepResult, median } from "./measuring/result.ts";

const CHECKS = 5;
const ENDED_RUNS = 300_000;
const OPEN_RUNS = 30_000;
const ROWS = 400_000;
const BAR_MS = 5_000;

const cluster = await Cluster.start();
const database = new pg.Client(cluster.databaseUrl);
await database.connect();
const silent = createServer((socket) => socket.on("error", () => socket.destroy()));
await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
try {
  const megabytes = await fill();
  const checkMs: number[] = [];
  for (let round = 0; round < CHECKS; round++) checkMs.push(await check(cluster.databaseUrl));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const silentMs = await check(`postgres://nobody:none@127.0.0.1:${port}/none`);
  const figures = {
    megabytes,
    checkMs: checkMs.map(Math.round),
    checkMedianMs: Math.round(median(checkMs)),
    silentDatabaseMs: Math.round(silentMs),
  };
  console.log(
    `check of a database of ${megabytes} MB, median of ${CHECKS}: ${figures.checkMedianMs} ms (bar ${BAR_MS})`,
  );
  console.log(`check of a database that says nothing: ${figures.silentDatabaseMs} ms (bar ${BAR_MS})`);
  keepResult("upgrade-check", figures);
} finally {
  silent.close();
  await database.end();
  await cluster.close();
}

/** Runs of the past and of now, a big table, and one migration of it that is still to be run; answers the size in MB. */
async function fill(): Promise<number> {
  await database.query(
    `insert into wf_run (id, root_id, kind, name, queue, status, waiting, finished_at)
     select id, id, 'workflow', 'work-' || n % 20, 'default', status, waiting, case when waiting is null then now() end
     from (select gen_random_uuid() as id, n, case when n > $1 then 'SUSPENDED' else 'COMPLETED' end as status,
             case when n > $1 then 'event' end as waiting from generate_series(1, $2::int) as n) as runs`,
    [ENDED_RUNS, ENDED_RUNS + OPEN_RUNS],
  );
  await database.query("update cluster_state set finalized_version = '0.0.1' where id = 1");
  await database.query("create table big as select n, repeat('x', 100) as text from generate_series(1, $1::int) as n", [
    ROWS,
  ]);
  await database.query("delete from evertrack_schema_migration where id like '%__create_vulnerability_metrics'");
  await database.query("vacuum analyze");
  const { rows } = await database.query<{ mb: number }>(
    "select (pg_database_size(current_database()) / 1e6)::int as mb",
  );
  return rows[0]?.mb ?? 0;
}

/** Milliseconds from the start of the process to its end. */
async function check(databaseUrl: string): Promise<number> {
  const startedMs = performance.now();
  const word = ["upgrade", "check", "--json"];
  const { status, output } = await runServer({ databaseUrl, dataDirectory: cluster.directory, word });
  const tookMs = performance.now() - startedMs;
  if (status === 1 || status === null) throw new Error(`the check failed (${status}): ${output}`);
  return tookMs;
}
