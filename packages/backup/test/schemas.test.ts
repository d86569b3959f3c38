/** Backups of schemas that differ from the build's: older ones, and ones with triggers that write. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate } from "@evertrack/migrator";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { restoreBackup, takeBackup, verifyBackup } from "../src/index.ts";
import { rowsOf } from "./product-database.ts";

const FIRST = `-- phase: expand
-- reviewed: for a test
create table person (id int generated always as identity primary key, name text not null, boss_id int references person,
  name_length int generated always as (length(name)) stored);
create table change (person_id int not null references person, what text not null);
create function note_change() returns trigger language plpgsql as $$
begin
  insert into change (person_id, what) values (new.id, tg_op);
  return new;
end $$;
create trigger person_changed after insert or update on person for each row execute function note_change();
create table "odd ""name""" (id serial primary key, "Ünï" text[], at timestamptz, f float8, i interval, n numeric, b bytea, j json);
`;
const CONTRACT = `-- phase: contract
-- contract-of: 0.2.0
drop table change;
`;
const SECOND = `-- phase: expand
alter table person add column added text;
`;

/** Whole databases are made and loaded; a busy machine may take its time. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root = "";
let older = "";
let newer = "";
/** Two releases ahead: the end of 0.2.0, and what 0.3.0 brings. */
let newest = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "evertrack-schemas-"));
  [older, newer, newest] = [join(root, "older"), join(root, "newer"), join(root, "newest")];
  for (const folder of [older, newer, newest]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "202601010000__create_people.sql"), FIRST);
  }
  writeFileSync(join(newer, "202601020000__add_column.sql"), SECOND);
  writeFileSync(join(newest, "202601020000__end_changes.sql"), CONTRACT);
  writeFileSync(join(newest, "202601030000__add_column.sql"), SECOND);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function people() {
  const database = await testDatabase();
  await migrate({ connectionString: database.url, directory: older, component: "app", version: "0.1.0" });
  await rowsOf(database.url, "insert into person (name) values ('Ada'), ('Grace')");
  await rowsOf(database.url, "update person set boss_id = 2 where id = 1");
  await rowsOf(
    database.url,
    `insert into "odd ""name""" ("Ünï", at, f, i, n, b, j) values
       (array['a,b', null, '"', E'\\\\N'], '2026-03-29 02:30:00.123456+02', 0.1 + 0.2, '1 mon -3 days 04:05:06.789', 'NaN', '\\x00ff', '{"a": 1,  "a": 2}'),
       ('{}', 'infinity', '-Infinity', '-1 year', 1e100, '', 'null')`,
  );
  return database;
}

const intoOf = (connectionString: string, folder: string, backup: string, version: string) => ({
  ...contextOf(connectionString, folder),
  backup,
  version,
  force: false,
  attachmentsRoot: root,
});

const contextOf = (connectionString: string, folder: string) => ({
  connectionString,
  components: [{ component: "app", directory: folder }],
  log: () => undefined,
});

const takeExport = (context: ReturnType<typeof contextOf>) =>
  takeBackup({ ...context, kind: "export", directory: root, version: "0.1.0", takenBy: "a test" });

test("triggers do not run again while rows are loaded, and run afterwards", async () => {
  const [source, target] = [await people(), await testDatabase()];
  try {
    const context = contextOf(source.url, older);
    const taken = await takeExport(context);
    expect((await verifyBackup(taken.directory, context)).problems).toEqual([]);
    await restoreBackup(intoOf(target.url, older, taken.directory, "0.1.0"));
    for (const text of [
      "select * from person order by id",
      "select * from change order by 1, 2",
      `select * from "odd ""name""" order by id`,
    ])
      expect(await rowsOf(target.url, text)).toEqual(await rowsOf(source.url, text));
    await rowsOf(target.url, "insert into person (name) values ('Edsger')");
    expect(await rowsOf(target.url, "select what from change where person_id = 3")).toEqual([{ what: "INSERT" }]);
  } finally {
    await source.drop();
    await target.drop();
  }
});

test("a newer build verifies and restores a backup of an older schema, and migrates it afterwards", async () => {
  const [source, target] = [await people(), await testDatabase()];
  try {
    const taken = await takeExport(contextOf(source.url, older));
    const context = contextOf(target.url, newer);
    expect(await verifyBackup(taken.directory, context)).toMatchObject({ passed: true });
    await restoreBackup(intoOf(target.url, newer, taken.directory, "0.2.0"));
    const migrated = await migrate({ ...context, directory: newer, component: "app", version: "0.2.0" });
    expect(migrated.applied).toEqual(["202601020000__add_column"]);
    expect(await rowsOf(target.url, "select name, added from person order by id limit 1")).toEqual([
      { name: "Ada", added: null },
    ]);
  } finally {
    await source.drop();
    await target.drop();
  }
});

test("a build that a release in between has to precede refuses a backup before it loads anything", async () => {
  const [source, target] = [await people(), await testDatabase()];
  try {
    const taken = await takeExport(contextOf(source.url, older));
    await expect(restoreBackup(intoOf(target.url, newest, taken.directory, "0.3.0"))).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/0\.3\.0 is too far ahead .* the upgrade to 0\.2\.0 was not finalized/),
    });
    expect(
      await rowsOf(target.url, "select relname from pg_class where relnamespace = 'public'::regnamespace"),
    ).toEqual([]);
    await restoreBackup(intoOf(target.url, newest, taken.directory, "0.2.0"));
  } finally {
    await source.drop();
    await target.drop();
  }
});

test("an older build refuses to back up a schema that is ahead of it", async () => {
  const source = await people();
  try {
    await migrate({ connectionString: source.url, directory: newer, component: "app", version: "0.2.0" });
    const taking = takeExport(contextOf(source.url, older));
    await expect(taking).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("add_column") });
    expect(readdirSync(root).filter((name) => name.startsWith("."))).toEqual([]);
  } finally {
    await source.drop();
  }
});
