import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listBackups, type RestoreOptions, restoreBackup, takeBackup, verifyBackup } from "../src/index.ts";
import { components, fill, productDatabase, rowsOf } from "./product-database.ts";

/** Whole databases are made and loaded; a busy machine may take its time. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let database: Awaited<ReturnType<typeof productDatabase>>;
let directory = "";
const log = () => undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "evertrack-backup-"));
  database = await productDatabase();
  await fill(database.url, 20, 100);
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await database?.drop();
});

const context = (connectionString = database.url) => ({ connectionString, components, log });
const take = () => takeBackup({ ...context(), kind: "export", directory, version: "0.1.0", takenBy: "a test" });
const restore = (backup: string, connectionString: string, more: Partial<RestoreOptions> = {}) =>
  restoreBackup({
    ...context(connectionString),
    backup,
    version: "0.1.0",
    force: false,
    attachmentsRoot: join(directory, "attachments"),
    ...more,
  });

const PROJECTS =
  "select p.*, (select count(*) from component c where c.project_id = p.id) as components from project p order by id";

test("an export is complete when it has its name, and verified by restoring it", async () => {
  const taken = await take();
  expect(await verifyBackup(taken.directory, context())).toMatchObject({ passed: true, problems: [] });
  expect((await readdir(directory)).filter((name) => name.startsWith("."))).toEqual([]);
  expect((await listBackups(directory)).map(({ manifest }) => manifest.id)).toContain(taken.manifest.id);
});

test("a restored export has every row, and goes on counting behind the last id", async () => {
  const taken = await take();
  const other = await testDatabase();
  try {
    await restore(taken.directory, other.url);
    expect(await rowsOf(other.url, PROJECTS)).toEqual(await rowsOf(database.url, PROJECTS));
    const [row] = await rowsOf<{ id: number }>(other.url, "insert into project (name) values ('next') returning id");
    expect(row?.id).toBeGreaterThan(20);
  } finally {
    await other.drop();
  }
});

test("a database that holds anything is refused, and with force it is replaced by the backup and nothing but it", async () => {
  const taken = await take();
  const other = await productDatabase();
  try {
    await rowsOf(other.url, "create type mood as enum ('good'); create table foreign_table (id int, mood mood)");
    await rowsOf(other.url, "create function foreign_function(t foreign_table) returns int language sql as 'select 1'");
    await rowsOf(other.url, "create view foreign_view as select * from foreign_table");
    await rowsOf(other.url, "insert into project (name) values ('mine')");
    await expect(restore(taken.directory, other.url)).rejects.toMatchObject({ code: "refused" });
    expect(await rowsOf(other.url, "select name from project")).toEqual([{ name: "mine" }]);
    await restore(taken.directory, other.url, { force: true });
    expect(await rowsOf(other.url, PROJECTS)).toEqual(await rowsOf(database.url, PROJECTS));
    const left =
      "select to_regclass('foreign_table') as t, to_regproc('foreign_function') as f, to_regtype('mood') as m";
    expect(await rowsOf(other.url, left)).toEqual([{ t: null, f: null, m: null }]);
  } finally {
    await other.drop();
  }
});

test("writers do not wait for a backup, and it shows one moment of what they do", async () => {
  const seen = { writes: 0, slowestMs: 0 };
  const writer = new pg.Client({ connectionString: database.url });
  await writer.connect();
  let taking = true;
  const writing = (async () => {
    while (taking) {
      const start = performance.now();
      // Either both rows are in the backup or none.
      await writer.query(
        `with t as (insert into tag (name) values ('pair ' || gen_random_uuid()) returning name)
         insert into config_property (group_name, property_name, property_type) select 'pair', name, 'STRING' from t`,
      );
      seen.writes++;
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - start);
    }
  })();
  const begunMs = performance.now();
  const taken = await take().finally(() => {
    taking = false;
  });
  const tookMs = performance.now() - begunMs;
  await writing;
  await writer.end();
  const rows = (name: string) => taken.manifest.tables.find((table) => table.name === name)?.rows ?? 0;
  expect(seen.writes).toBeGreaterThan(5);
  expect(seen.slowestMs, "who waits for it waits until it ends").toBeLessThan(tookMs / 2);
  const other = await testDatabase();
  try {
    await restore(taken.directory, other.url);
    const pairs =
      "select (select count(*) from tag where name like 'pair %')::int as tags, (select count(*) from config_property where group_name = 'pair')::int as properties";
    const [pair] = await rowsOf<{ tags: number; properties: number }>(other.url, pairs);
    expect(pair?.tags).toBe(pair?.properties);
    expect(pair?.tags).toBe(rows("tag") - 5);
  } finally {
    await other.drop();
  }
});

test("while a migration is unfinished no backup is taken, and the reason is told", async () => {
  const mark = (state: string) =>
    rowsOf(database.url, "update evertrack_schema_migration set state = $1 where id like '%create_metrics'", [state]);
  await mark("running");
  try {
    await expect(take()).rejects.toMatchObject({ code: "not-yet", message: expect.stringContaining("create_metrics") });
  } finally {
    await mark("done");
  }
});

test("without pg_dump of the server's version it is said what to install", async () => {
  const [{ major } = { major: "" }] = await rowsOf<{ major: string }>(
    database.url,
    "select current_setting('server_version_num')::int / 10000 as major",
  );
  const dump = takeBackup({ ...context(), kind: "dump", directory, version: "0.1.0", takenBy: "a test" });
  const ended = await dump.then(
    () => "taken",
    (error: Error) => error.message,
  );
  expect(ended === "taken" || ended.includes(`postgresql-client-${major}`)).toBe(true);
});
