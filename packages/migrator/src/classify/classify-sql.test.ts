import { describe, expect, test } from "vitest";
import { classifySql } from "./classify-sql.ts";
import { SqlSyntaxError } from "./parser.ts";
import { type Level, worst } from "./verdict.ts";

/** Statements on tables that older builds use: t and o exist, the enum mood was made by an earlier file. */
const CASES: [Level, string][] = [
  ["additive", "create table fresh (id bigint primary key, name text not null unique)"],
  ["additive", "create table fresh (id int); create unique index on fresh (id)"],
  ["additive", "create table fresh (id int); alter table fresh add column b int not null"],
  ["additive", "create table fresh (id int); alter table fresh rename to other"],
  ["additive", "create table fresh (id int); update fresh set id = 1"],
  ["additive", "create table fresh (id int); drop table fresh"],
  ["additive", "create table fresh (id int references t on delete cascade)"],
  ["review", "create table fresh (id int references t)"],
  ["review", "create table fresh (id int); alter table fresh add constraint f foreign key (id) references t"],
  ["additive", "create table a (id int primary key); create table b (id int references a)"],
  ["locking", "create table if not exists maybe (id int); create index on maybe (id)"],
  ["locking", "create table p partition of t for values in (1)"],
  ["additive", "create table p (id int); alter table t attach partition p for values in (1)"],
  ["locking", "alter table t attach partition o for values in (1)"],
  ["review", "create table child (b int) inherits (t)"],
  ["review", "create temp table scratch (id int)"],
  ["review", "create table copy as select * from t"],
  ["review", "select * into copy from t"],
  // New columns.
  ["additive", "alter table t add column a text"],
  ["additive", "alter table t add column if not exists a uuid"],
  ["additive", "alter table t add column a integer not null default 0"],
  ["additive", "alter table t add column a timestamptz not null default now()"],
  ["additive", "alter table t add column a timestamptz default current_timestamp"],
  ["additive", "alter table t add column a text[] not null default '{}'"],
  ["additive", "alter table t add column a varchar(20)"],
  ["breaking", "alter table t add column a text not null"],
  ["locking", "alter table t add column a uuid not null default gen_random_uuid()"],
  ["locking", "alter table t add column a float8 default random()"],
  ["locking", "alter table t add column a timestamptz default clock_timestamp()"],
  ["locking", "alter table t add column a text default my_own_function()"],
  ["locking", "alter table t add column a text default 'x' || lower(md5(random()::text))"],
  ["locking", "alter table t add column a bigserial"],
  ["locking", "alter table t add column a bigint generated always as identity"],
  ["locking", "alter table t add column a int generated always as (b + 1) stored"],
  ["additive", "alter table t add column a int generated always as (b + 1) virtual"],
  ["locking", "alter table t add column a int unique"],
  ["breaking", "alter table t add column a int default 0 unique"],
  ["breaking", "alter table t add column a int primary key"],
  ["locking", "alter table t add column a int check (a > 0)"],
  ["breaking", "alter table t add column a int check (a is not null)"],
  ["breaking", "alter table t add column a int check (a > b)"],
  ["breaking", "alter table t add column a int check ((a > 0) is true)"],
  ["breaking", "alter table t add column a int check (a is distinct from null)"],
  ["breaking", "alter table t add column a int check (num_nonnulls(a) = 1)"],
  ["locking", "alter table t add column a text check (length(a) < 10 or a in ('x', 'y'))"],
  ["additive", "alter table t add column a int references o on delete set null"],
  ["review", "alter table t add column a int references o"],
  ["additive", "alter table t add column a mood"],
  ["locking", "alter table t add column a some_domain"],
  // Changed columns.
  ["breaking", "alter table t drop column a"],
  ["breaking", "alter table t alter column a type bigint"],
  ["breaking", "alter table t alter column a set not null"],
  ["review", "alter table t alter column a drop not null"],
  ["review", "alter table t alter column a set default 5"],
  ["breaking", "alter table t alter column a drop default"],
  ["breaking", "alter table t rename column a to b"],
  ["breaking", "alter table t rename to u"],
  ["breaking", "alter table t set schema other"],
  ["additive", "alter table t alter column a set statistics 500"],
  ["additive", "alter table t set (autovacuum_vacuum_scale_factor = 0.01)"],
  ["locking", "alter table t set logged"],
  ["breaking", "alter table t enable row level security"],
  ["breaking", "alter table t disable trigger all"],
  ["breaking", "alter table t detach partition p concurrently"],
  // Constraints.
  ["breaking", "alter table t add constraint c check (a > 0)"],
  ["breaking", "alter table t add constraint c check (a > 0) not valid"],
  ["breaking", "alter table t add constraint c unique (a)"],
  ["breaking", "alter table t add constraint c unique using index i"],
  ["breaking", "alter table t add constraint c foreign key (a) references o not valid"],
  ["additive", "alter table t validate constraint c"],
  ["breaking", "alter table t drop constraint t_a_key"],
  ["breaking", "alter table t drop constraint unknown_kind"],
  ["review", "alter table t drop constraint t_small"],
  // Indexes.
  ["locking", "create index i on t (a)"],
  ["additive", "create index concurrently if not exists i on t (a)"],
  ["breaking", "create index concurrently i on t (a)"],
  ["breaking", "create index concurrently on t (a)"],
  ["breaking", "create unique index concurrently if not exists i on t (a)"],
  ["review", "create unique index concurrently if not exists i on t (later)"],
  ["breaking", "create unique index concurrently if not exists i on t (later) nulls not distinct"],
  ["breaking", "drop index concurrently if exists unknown_index"],
  ["review", "drop index concurrently if exists plain_index"],
  ["review", "drop index plain_index"],
  ["breaking", "drop index concurrently plain_index"],
  ["locking", "reindex index i"],
  ["additive", "reindex index concurrently i"],
  ["breaking", "reindex table concurrently t"],
  // Types.
  ["additive", "create type colour as enum ('red'); alter type colour add value 'blue'"],
  ["review", "alter type mood add value 'fine'"],
  ["review", "alter type mood add value if not exists 'fine' before 'sad'"],
  ["breaking", "alter type mood rename value 'sad' to 'sorry'"],
  ["breaking", "alter type pair add attribute c int"],
  ["breaking", "alter domain d add check (value > 1)"],
  ["breaking", "drop type mood"],
  // Code in the database.
  ["additive", "create function f() returns int language sql as 'select 1'"],
  ["review", "create or replace function f() returns int language sql as 'select 1'"],
  ["review", "create or replace view v as select 1"],
  ["additive", "create view v as select * from t"],
  ["review", "create trigger g before insert on t for each row execute function f()"],
  [
    "additive",
    "create table fresh (id int); create trigger g before insert on fresh for each row execute function f()",
  ],
  ["breaking", "drop trigger g on t"],
  [
    "additive",
    "create table a (id int); create trigger g before insert on a execute function f(); drop trigger g on a",
  ],
  ["breaking", "drop function f()"],
  ["breaking", "drop view v"],
  ["breaking", "drop table t"],
  ["breaking", "drop table if exists t"],
  ["breaking", "create rule r as on insert to t do nothing"],
  ["review", "do $$ begin delete from t; end $$"],
  ["review", "call p()"],
  // Data.
  ["additive", "insert into t (a) values (1), (2)"],
  ["additive", "insert into t (a) values (1) on conflict do nothing"],
  ["review", "insert into t (a) values (1) on conflict (a) do update set a = 2"],
  ["review", "insert into t (a) select a from o"],
  ["review", "insert into t (a) values (do_something())"],
  ["review", "update t set a = 1 where a = 2"],
  ["review", "update t set a = 1"],
  ["review", "delete from t where a = 1"],
  ["review", "merge into t using o on t.a = o.a when matched then delete"],
  ["breaking", "truncate t"],
  ["additive", "select 1"],
  ["review", "select setval('s', 1)"],
  ["review", "select a from t where b = do_something()"],
  ["review", "with gone as (delete from t returning *) select * from gone"],
  ["locking", "select * from t for update"],
  ["breaking", "copy t from stdin"],
  // Session and maintenance.
  ["additive", "set local work_mem = '64MB'"],
  ["review", "set local lock_timeout = '5s'"],
  ["breaking", "set search_path = other"],
  ["breaking", "begin"],
  ["breaking", "commit"],
  ["locking", "lock table t"],
  ["additive", "analyze t"],
  ["additive", "vacuum t"],
  ["locking", "vacuum full t"],
  ["additive", "comment on table t is 'x'"],
  ["additive", "grant select on t to public"],
  ["breaking", "revoke select on t from public"],
  ["additive", "create extension if not exists pg_trgm"],
  ["breaking", "create role somebody"],
  ["breaking", "listen news"],
  ["breaking", "prepare p as select 1"],
];

async function scopeOfEarlierFiles() {
  const { emptyScope, scopeOfNextFile } = await import("./scope.ts");
  const scope = emptyScope();
  await classifySql(
    `create type mood as enum ('sad');
     create table t (a int constraint t_small check (a < 10), b int);
     create index plain_index on t (a);
     alter table t add column later text`,
    scope,
  );
  return scopeOfNextFile(scope);
}

describe("a statement is", () => {
  test.each(CASES)("%s: %s", async (level, sql) => {
    const statements = await classifySql(sql, await scopeOfEarlierFiles());
    const reasons = statements.flatMap((statement) => statement.findings.map((finding) => finding.reason));
    expect({ level: worst(statements.map((statement) => statement.level)), reasons }).toMatchObject({ level });
    expect(reasons.length > 0).toBe(level !== "additive");
  });
});

describe("whether a statement runs in a transaction is parsed, not declared", () => {
  test.each([
    [false, "create index concurrently if not exists i on t (a)"],
    [false, "drop index concurrently if exists i"],
    [false, "reindex index concurrently i"],
    [false, "reindex (concurrently) index i"],
    [true, "reindex (concurrently off) index i"],
    [false, "reindex schema s"],
    [false, "vacuum t"],
    [true, "analyze t"],
    [false, "alter table t detach partition p concurrently"],
    [true, "alter table t detach partition p"],
    [true, "alter type mood add value 'x'"],
    [true, "create index i on t (a) -- concurrently"],
    [true, "comment on table t is 'create index concurrently'"],
  ])("%s: %s", async (transactional, sql) => {
    expect((await classifySql(sql)).map((statement) => statement.transactional)).toEqual([transactional]);
  });
});

describe("splitting", () => {
  test("keeps function bodies, multi-byte text and lines apart", async () => {
    const statements = await classifySql(
      "-- héad ✓\nselect 'ü;✓';\n\n/* why */\ncreate function f() returns int language plpgsql as $$\nbegin; return 1; end $$;\n-- last\nselect 2",
    );
    expect(statements.map(({ line, kind, text }) => ({ line, kind, text }))).toEqual([
      { line: 2, kind: "SelectStmt", text: "select 'ü;✓'" },
      {
        line: 5,
        kind: "CreateFunctionStmt",
        text: "create function f() returns int language plpgsql as $$\nbegin; return 1; end $$",
      },
      { line: 8, kind: "SelectStmt", text: "select 2" },
    ]);
  });

  test("names the line of a syntax error", async () => {
    await expect(classifySql("select 1;\n\nselect from from")).rejects.toThrow(SqlSyntaxError);
    await expect(classifySql("select 1;\n\nselect from from")).rejects.toThrow(/^line 3: /);
  });

  test("forgets from file to file what was fresh, not what it knows", async () => {
    const scope = await scopeOfEarlierFiles();
    expect((await classifySql("create index on t (a)", scope))[0]?.level).toBe("locking");
  });
});
