import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { engineMigrationsDirectory } from "@evertrack/engine/migrations";
import { migrate } from "@evertrack/migrator";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appMigrationsDirectory } from "../../../boot/init-tasks.ts";
import { Database, dataSourceSettings } from "../../../platform/db/index.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { loadManifest } from "../manifest/load-manifest.ts";
import { checkUpgrade } from "../rules/check.ts";
import { readLocks } from "../store/estimated-locks.ts";
import { lookAtUpgrade, type UpgradeLook } from "./check.ts";
import { readFacts } from "./read-facts.ts";

/** Of packages/migrator: "EVTR", schema. */
const MIGRATION_LOCK = [0x45565452, 1];
const settings = { backupAgeMaxMs: 3_600_000, lockMaxMs: 1_000, supervised: false };
/** The release before this build, whichever that is. */
const BEFORE = "0.0.9";
const manifest = { ...loadManifest(), minBesideVersion: BEFORE };
const { version: OWN } = manifest;

let server: TestServer;
let look: UpgradeLook;
beforeAll(async () => {
  server = await testServer();
  const { database, databaseUrl: connectionString } = server;
  const migrations = [
    { component: "app", directory: appMigrationsDirectory, connectionString },
    { component: "engine", directory: engineMigrationsDirectory, connectionString },
  ];
  look = { database, connectionString, migrations, manifest };
});
afterAll(() => server?.close());

function run(text: string, values: unknown[] = []) {
  return server.database.executor.query(text, values);
}

async function checkAt(at: UpgradeLook) {
  return checkUpgrade(await lookAtUpgrade(at), at.manifest, settings);
}

async function register(id: string, version: string, beatenAgo = "0 s"): Promise<void> {
  await run(
    `insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_at,
       heartbeat_interval_ms, heartbeat_lapse_ms)
     values ($1, $2, 'b', 'h', '{api,worker}', '{}', 'ready', now() - $3::interval, 10000, 60000)`,
    [id, version, beatenAgo],
  );
}

test("an empty database has no facts, and anything may be installed", async () => {
  const empty = await testDatabase();
  const base = dataSourceSettings(server.config, "default", "evertrack test");
  const database = new Database({ ...base, url: empty.url }, server.log);
  try {
    const found = await checkAt({ ...look, database, connectionString: empty.url });
    expect([found.verdict, found.situation.stage, found.reasons]).toEqual([0, "first-install", []]);
  } finally {
    await database.close();
    await empty.drop();
  }
});

test("what runs, what was finalized, backfills, backups and open runs are seen", async () => {
  await run(
    `update cluster_state set finalized_version = $1, target_version = $2, window_opened_at = now() - interval '90 s'`,
    [BEFORE, OWN],
  );
  await register("one", BEFORE);
  await register("two", OWN, "45 s");
  await run(
    "insert into cluster_instance select id || '-gone', version, build, profile, host, roles, queues, 'gone', started_at, heartbeat_at, heartbeats, heartbeat_interval_ms, heartbeat_lapse_ms from cluster_instance where id = 'one'",
  );
  await run(
    "insert into backfill (name, release, status, rows_done, rows_estimated) values ('fill', $1, 'RUNNING', 10, 100)",
    [OWN],
  );
  await run(`insert into backup_record (id, kind, taken_at, verified_at, verdict, location, version, taken_by) values
    (gen_random_uuid(), 'dump', now() - interval '1 h', now(), 'failed', 'a', '0.1.0', 'me'),
    (gen_random_uuid(), 'dump', now() - interval '2 h', now(), 'passed', 'b', '0.1.0', 'me')`);
  await run(`insert into wf_run (id, root_id, kind, name, queue, status, waiting)
    select id, id, kind, name, 'default', status, 'event' from (values
      (gen_random_uuid(), 'workflow', 'unknown-work', 'CREATED'), (gen_random_uuid(), 'workflow', 'unknown-work', 'RUNNING'),
      (gen_random_uuid(), 'workflow', 'import-bom', 'SUSPENDED'), (gen_random_uuid(), 'workflow', 'ended', 'COMPLETED'),
      (gen_random_uuid(), 'activity', 'replace', 'CREATED')) as v(id, kind, name, status)`);

  const facts = await readFacts(server.database);

  expect(facts.cluster).toMatchObject({ finalizedVersion: BEFORE, targetVersion: OWN, finalizeStep: null });
  expect(facts.cluster?.windowAgeMs).toBeGreaterThan(89_000);
  expect(facts.instances.map(({ id, version, state }) => [id, version, state])).toEqual([
    ["one", BEFORE, "ready"],
    ["two", OWN, "ready"],
  ]);
  expect(facts.instances[1]?.heartbeatAgeMs).toBeGreaterThan(44_000);
  expect(facts.backfills).toMatchObject([{ name: "fill", status: "RUNNING", rowsDone: 10, rowsEstimated: 100 }]);
  expect(Math.round((facts.backups.takenAgeMs ?? 0) / 60_000)).toBe(60);
  expect(Math.round((facts.backups.verifiedTakenAgeMs ?? 0) / 60_000)).toBe(120);
  expect(facts.openRuns).toEqual([
    { workflow: "import-bom", runs: 1 },
    { workflow: "unknown-work", runs: 2 },
  ]);
  expect(facts.applied.length).toBe(manifest.migrations.filter(({ phase }) => phase === "expand").length);
  const found = await checkAt(look);
  expect([found.verdict, found.situation.stage]).toEqual([5, "under-way"]);
  expect(found.reasons.map(({ code }) => code)).toEqual(["instance-silent", "unknown-runs"]);
});

test("work that waits for anything counts as open, and work whose owner is long gone as stuck", async () => {
  await run(`insert into wf_run (id, root_id, kind, name, queue, status, waiting, locked_by, locked_until)
    select id, id, kind, name, 'default', status, waiting, 'gone', now() - ended::interval from (values
      (gen_random_uuid(), 'workflow', 'asleep', 'SUSPENDED', 'time', null),
      (gen_random_uuid(), 'workflow', 'held', 'SUSPENDED', 'event', null),
      (gen_random_uuid(), 'workflow', 'lost', 'RUNNING', null, '1 h'),
      (gen_random_uuid(), 'workflow', 'lost', 'RUNNING', null, '5 min'),
      (gen_random_uuid(), 'activity', 'lost-part', 'RUNNING', null, '10 min'),
      (gen_random_uuid(), 'workflow', 'late', 'RUNNING', null, '40 s'),
      (gen_random_uuid(), 'workflow', 'busy', 'RUNNING', null, '-20 s')) as v(id, kind, name, status, waiting, ended)`);

  const { openRuns, stuckRuns } = await readFacts(server.database);

  expect(openRuns.map(({ workflow }) => workflow)).toEqual(expect.arrayContaining(["asleep", "held", "lost"]));
  expect(stuckRuns.map(({ name, queue, runs }) => [name, queue, runs])).toEqual([
    ["lost", "default", 2],
    ["lost-part", "default", 1],
  ]);
  expect(Math.round((stuckRuns[0]?.expiredMs ?? 0) / 60_000)).toBe(60);
  await run("delete from wf_run where name in ('asleep', 'held', 'lost', 'lost-part', 'late', 'busy')");
});

test("who migrates at this moment is seen, and a migration that was torn off", async () => {
  await run(
    "update evertrack_schema_migration set state = 'running' where id = (select max(id) from evertrack_schema_migration where component = 'app')",
  );
  const torn = await checkAt(look);
  expect(torn.reasons.map(({ code }) => code)).toContain("migration-torn");

  const client = new pg.Client({ connectionString: look.connectionString });
  await client.connect();
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock($1, $2)", MIGRATION_LOCK);
  const held = (await lookAtUpgrade(look)).migrationLock;
  await client.end();
  expect(held).toBeDefined();
  await run("update evertrack_schema_migration set state = 'done'");
});

test("a migration that would block a big table for long is named, with its table and size", async () => {
  const directory = await mkdtemp(join(tmpdir(), "evertrack-locks-"));
  const source = { component: "big", directory, connectionString: look.connectionString };
  try {
    await writeFile(
      join(directory, "202601010000__a.sql"),
      "-- phase: expand\ncreate table big (id int, text text);\n",
    );
    await migrate({ ...source, version: "0.1.0" });
    await run("insert into big select n, 'text ' || n from generate_series(1, 100000) as n");
    await run("analyze big");
    await writeFile(
      join(directory, "202601010001__b.sql"),
      "-- phase: expand\nalter table big alter column id type bigint;\n",
    );
    const locks = await readLocks(source, "0.1.0");
    expect(locks).toMatchObject([
      { migration: "202601010001__b", table: "public.big", blocksReads: true, rows: 100_000 },
    ]);
    expect(locks[0]?.estimatedMs).toBeGreaterThan(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
