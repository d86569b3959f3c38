/** A small upgrade from 1.0.0 to 1.1.0 with all an upgrade can have: a backfill, a gate, a contract migration. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@evertrack/migrator";
import { sql } from "kysely";
import { loadConfig } from "../../../platform/config/index.ts";
import { Database, dataSourceSettings, type SqlExecutor } from "../../../platform/db/index.ts";
import { createLog } from "../../../platform/log/log.ts";
import { ClusterMembership } from "../../cluster/membership.ts";
import type { Backfill } from "../backfills/backfill.ts";
import type { FinalizeDeps } from "../finalize/deps.ts";
import type { OwnedComponent } from "../finalize/owned-schema.ts";
import { Gates } from "../gates/gates.ts";

export const TRIAL_GATES = [
  { name: "trial-shape", release: "1.1.0" },
  { name: "later", release: "1.2.0" },
];
const ROWS = 20;
const EXPAND = `-- phase: expand
create table trial (id int primary key, old text, new text);
`;
const CONTRACT = `-- phase: contract
-- contract-of: 1.1.0
alter table trial drop column old;
`;
const log = createLog({ level: process.env.EVERTRACK_TEST_LOG ?? "silent", instance: "trial" });

/** Gives rows the new shape. */
export const TRIAL_BACKFILL: Backfill = {
  name: "trial-shape",
  release: "1.1.0",
  async batch(tx, cursor, limit) {
    const from = typeof cursor === "number" ? cursor : 0;
    const { rows } = await sql<{ id: number }>`update trial set new = old where id in
      (select id from trial where id > ${from} order by id limit ${limit}) returning id`.execute(tx);
    const last = Math.max(from, ...rows.map(({ id }) => id));
    return { cursor: rows.length < limit ? null : last, rows: rows.length };
  },
  async remaining(db) {
    const { rows } = await sql<{
      rows: number;
    }>`select count(*) as rows from trial where new is distinct from old`.execute(db);
    return rows[0]?.rows ?? 0;
  },
  estimate: async () => ROWS,
};

/** A connection to the database for whatever is to be tried. */
export function trialDatabase(url: string): Database {
  const config = loadConfig({ environment: { DT_DATASOURCE_URL: url }, workingDirectory: "/nowhere" });
  return new Database(dataSourceSettings(config, "default", "trial"), log);
}

/** The migrations of the trial, in a directory of their own. */
export async function trialMigrations(url: string): Promise<{ component: OwnedComponent; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "trial-"));
  await writeFile(join(directory, "202701010000__create_trial.sql"), EXPAND);
  await writeFile(join(directory, "202701010001__drop_old.sql"), CONTRACT);
  const component = { component: "trial", directory, connectionString: url };
  return { component, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Brings the database to where an upgrade to 1.1.0 is under way: expanded, backfilled but for some rows, not finalized. */
export async function beginTrial(executor: SqlExecutor, component: OwnedComponent): Promise<void> {
  await executor.query("drop table if exists trial");
  await executor.query("delete from evertrack_schema_migration where component = 'trial'");
  for (const table of ["cluster_instance", "cluster_gate", "backfill", "wf_step", "wf_run"])
    await executor.query(`delete from ${table}`);
  await migrate({ ...component, version: "1.1.0" });
  await executor.query("insert into trial select n, 'x' || n, 'x' || n from generate_series(1, $1::int) n", [ROWS]);
  await executor.query("update trial set new = null where id > 15");
  await executor.query(
    "insert into backfill (name, release, status, rows_estimated, finished_at) values ($1, '1.1.0', 'DONE', 20, now())",
    [TRIAL_BACKFILL.name],
  );
  await executor.query(
    `update cluster_state set min_join_version = '1.0.0', finalized_version = '1.0.0', target_version = '1.1.0',
       window_opened_at = now() - interval '1 hour', finalize_step = null, epoch = 4, changed_by = null`,
  );
}

/** What finalizing the trial works with. */
export function trialFinalize(database: Database, component: OwnedComponent, by = "trial"): FinalizeDeps {
  return {
    database,
    log,
    version: "1.1.0",
    by,
    gates: TRIAL_GATES,
    backfills: [TRIAL_BACKFILL],
    components: [component],
  };
}

/** An instance that beats fast and goes by the gates of the trial. */
export function trialMember(
  database: Database,
  id: string,
  version = "1.1.0",
): { membership: ClusterMembership; gates: Gates } {
  const gates = new Gates(TRIAL_GATES);
  const membership = new ClusterMembership({
    database,
    log,
    identity: { id, version, build: "b", profile: undefined, host: "h", roles: ["api", "worker"], queues: [] },
    queuesKnown: [],
    timing: { intervalMs: 150, lapseMs: 1_800 },
    minBesideVersion: "1.0.0",
    follower: gates,
    windowWarnMs: 0,
    onRemoved: () => undefined,
  });
  return { membership, gates };
}
