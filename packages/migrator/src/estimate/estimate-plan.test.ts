import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { migrationFiles, openClient, query } from "../../test/scratch.ts";
import { plan } from "../plan.ts";
import { estimatePlan, type FileEstimate, longLocksOf } from "./estimate-plan.ts";

const EXISTING = `create table big (id int primary key, name text, size int);
  create index big_name on big (name);
  insert into big select n, md5(n::text), n from generate_series(1, 20000) n;
  create table small (id int primary key);
  create table guarded (a int check (a is not null));
  insert into guarded values (1);
  analyze`;

let url: string;

async function estimate(...files: string[]): Promise<FileEstimate[]> {
  const directory = migrationFiles(
    Object.fromEntries(files.map((sql, index) => [`20260101000${index}__change_things`, sql])),
  );
  const client = await openClient(url);
  return estimatePlan(await plan({ connectionString: url, directory, component: "app" }), client);
}

/** Mode, table and work of the locks of each statement. */
async function locksOf(sql: string): Promise<string[]> {
  const [file] = await estimate(sql);
  return (file?.statements ?? []).flatMap(({ locks }) =>
    locks.map(({ lockMode, table, basis }) => `${lockMode} ${table?.replace("public.", "")} ${basis.split(/[ ;]/)[0]}`),
  );
}

describe("the lock of a statement", () => {
  beforeAll(async () => {
    const database = await testDatabase();
    url = database.url;
    await query(url, EXISTING);
    return () => database.drop();
  });

  test.each([
    ["alter table big add column a int", ["ACCESS EXCLUSIVE big changes"]],
    ["alter table big add column a int not null default 7", ["ACCESS EXCLUSIVE big changes"]],
    ["alter table big add column a uuid default gen_random_uuid()", ["ACCESS EXCLUSIVE big writes"]],
    ["alter table big add column a bigserial", ["ACCESS EXCLUSIVE big writes"]],
    ["alter table big add column a int unique", ["ACCESS EXCLUSIVE big reads"]],
    ["alter table big add constraint c check (size > 0) not valid", ["ACCESS EXCLUSIVE big changes"]],
    ["alter table big add constraint c check (size > 0)", ["ACCESS EXCLUSIVE big reads"]],
    ["alter table big validate constraint c", ["SHARE UPDATE EXCLUSIVE big reads"]],
    ["alter table big alter column size set not null", ["ACCESS EXCLUSIVE big reads"]],
    ["alter table guarded alter column a set not null", ["ACCESS EXCLUSIVE guarded changes"]],
    ["alter table big alter column size type bigint", ["ACCESS EXCLUSIVE big writes"]],
    [
      "alter table big add constraint f foreign key (size) references small not valid",
      ["SHARE ROW EXCLUSIVE big changes", "SHARE ROW EXCLUSIVE small changes"],
    ],
    ["alter table big set (fillfactor = 80)", ["SHARE UPDATE EXCLUSIVE big changes"]],
    ["alter table big disable trigger all", ["SHARE ROW EXCLUSIVE big changes"]],
    ["alter table big drop column name", ["ACCESS EXCLUSIVE big changes"]],
    ["create index i on big (size)", ["SHARE big reads"]],
    ["create index concurrently if not exists i on big (size)", ["SHARE UPDATE EXCLUSIVE big reads"]],
    ["drop index big_name", ["ACCESS EXCLUSIVE big changes"]],
    ["drop index concurrently if exists big_name", ["SHARE UPDATE EXCLUSIVE big changes"]],
    ["drop table small", ["ACCESS EXCLUSIVE small changes"]],
    ["drop trigger t on big", ["ACCESS EXCLUSIVE big changes"]],
    ["create trigger t after insert on big execute function f()", ["SHARE ROW EXCLUSIVE big changes"]],
    ["create table fresh (id int references big on delete cascade)", ["SHARE ROW EXCLUSIVE big changes"]],
    ["create function f() returns int language sql as 'select 1'", []],
    ["update big set size = 1", ["ROW EXCLUSIVE big changes"]],
    ["insert into big values (0, '', 0)", ["ROW EXCLUSIVE big changes"]],
    ["insert into small select id from big", ["ROW EXCLUSIVE small what"]],
    ["lock table big in share mode", ["SHARE big changes"]],
    ["truncate small", ["ACCESS EXCLUSIVE small changes"]],
    ["do $$ begin end $$", ["null undefined what"]],
    ["vacuum full big", ["ACCESS EXCLUSIVE big writes"]],
    ["reindex index concurrently big_name", ["SHARE UPDATE EXCLUSIVE big reads"]],
  ])("%s", async (sql, expected) => {
    expect(await locksOf(sql)).toEqual(expected);
  });

  test("comes with the size of its table, and tells who waits and for how long", async () => {
    const [file] = await estimate("create index i on big (size)");
    const [lock] = file?.statements[0]?.locks ?? [];
    expect(lock).toMatchObject({ rows: 20_000, blocksReads: false, blocksWrites: true });
    expect(lock?.bytes).toBeGreaterThan(1_000_000);
    expect(lock?.estimatedMs).toBeGreaterThan(4);
  });

  test("lasts until its transaction ends: work of later statements counts", async () => {
    const [alone] = await estimate("alter table small add column a int");
    const [before] = await estimate("alter table small add column a int; update big set size = 1");
    const [unknown] = await estimate("alter table small add column a int; do $$ begin end $$");
    const held = (file: FileEstimate | undefined) => file?.statements[0]?.locks[0]?.estimatedMs;
    expect(held(alone)).toBeLessThan(20);
    expect(held(before)).toBeGreaterThan(40);
    expect(held(unknown)).toBeNull();
  });

  test("is left out on a table the plan itself makes, and short where an earlier file proves what would be looked for", async () => {
    const files = await estimate(
      "create table fresh (id int); create index on fresh (id)",
      "alter table big add constraint has_size check (size is not null) not valid",
      "alter table big validate constraint has_size",
      "alter table big alter column size set not null",
    );
    expect(files.map(({ statements }) => statements.at(-1)?.locks[0]?.basis)).toEqual([
      undefined,
      "changes descriptions only, whatever the size",
      expect.stringContaining("reads"),
      "changes descriptions only, whatever the size; a valid check proves the column",
    ]);
  });

  test("is long only when somebody waits for more than a second", async () => {
    const [file] = await estimate("create index i on big (size)");
    const [statement] = file?.statements ?? [];
    const [lock] = statement?.locks ?? [];
    if (!file || !statement || !lock) throw new Error("nothing was estimated");
    const lasting = (estimatedMs: number | null, blocksWrites: boolean) => ({
      ...file,
      statements: [{ ...statement, locks: [{ ...lock, estimatedMs, blocksWrites }] }],
    });
    const estimates = [lasting(900, true), lasting(60_000, false), lasting(1_100, true), lasting(null, true)];
    expect(longLocksOf(estimates)).toEqual([{ file: file.id, line: 2, lock: { ...lock, estimatedMs: 1_100 } }]);
  });
});
