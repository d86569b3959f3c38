import { describe, expect, test } from "vitest";
import { migrationFiles } from "../test/scratch.ts";
import { classifyMigrations } from "./classified-files.ts";
import { readMigrationFiles } from "./files.ts";
import { lintMigrations } from "./lint.ts";

const NAME = "202611220000__create_things";

describe("a migration file is refused", () => {
  test.each([
    ["with another name", { create_things: "select 1" }, /YYYYMMDDHHMM__verb_thing/],
    ["without a phase", { [NAME]: "-- phase: nonsense\nselect 1" }, /phase: expand/],
    ["when the phase stands behind the first statement", { [NAME]: "select 1;\n-- phase: expand\n" }, /phase: expand/],
    [
      "when a contract file names no release",
      { [NAME]: "-- phase: contract\n-- contract-of: the next one\ndrop table t" },
      /must name a release such as/,
    ],
    [
      "when an expand file says whose contract it is",
      { [NAME]: "-- phase: expand\n-- contract-of: 1.2.0\nselect 1" },
      /only a contract file/,
    ],
    ["without a statement", { [NAME]: "-- nothing here\n" }, /no statement/],
    [
      "with a syntax error, naming the line",
      { [NAME]: "create tabel t ()" },
      /create_things.sql: line 2: syntax error/,
    ],
    [
      "when it mixes concurrent and other statements",
      { [NAME]: "create index concurrently if not exists i on t (a);\ncreate table x ()" },
      /line 3: .*another file/,
    ],
    ["when a concurrent statement is not repeatable", { [NAME]: "drop index concurrently i" }, /IF \[NOT\] EXISTS/],
    ["when it cannot run in a transaction at all", { [NAME]: "alter system set work_mem = '1MB'" }, /not repeatable/],
  ])("%s", async (_, files, message) => {
    const directory = migrationFiles(files as Record<string, string>);
    await expect(readMigrationFiles(directory).then(classifyMigrations)).rejects.toThrow(message);
  });
});

describe("a migration file is read", () => {
  test("the same with either kind of line end and with a byte order mark", async () => {
    const head = "-- phase: contract\n-- contract-of: 1.2.0\n-- reviewed: small table\n";
    const unix = migrationFiles({ [NAME]: `${head}drop table t;\n` });
    const windows = migrationFiles({ [NAME]: `\uFEFF${head}drop table t;\n`.replaceAll("\n", "\r\n") });
    const [[one], [two]] = [await readMigrationFiles(unix), await readMigrationFiles(windows)];
    expect(two?.checksum).toBe(one?.checksum);
    expect(two).toMatchObject({
      id: NAME,
      phase: "contract",
      contractOf: "1.2.0",
      reviewed: ["small table"],
    });
  });

  test("in the order of its name, beside generated files", async () => {
    const directory = migrationFiles({
      "202602010000__b": "select 1",
      "202601010000__z": "select 1",
      schema: "select 1",
    });
    expect((await readMigrationFiles(directory)).map((file) => file.id)).toEqual([
      "202601010000__z",
      "202602010000__b",
    ]);
  });
});

describe("the lint", () => {
  const files = {
    "202601010000__create_things": "create table things (id int);",
    "202601020000__break_things": "-- phase: expand\n-- reviewed: no excuse\nalter table things drop column id;",
    "202601030000__index_things": "create index on things (id);",
    "202601040000__fill_things": "update things set id = 1 where id = 2;",
    "202601050000__empty_things": "-- phase: expand\n-- reviewed: ten rows\ndelete from things where id = 1;",
    "202601060000__remove_things": "-- phase: contract\n-- contract-of: 1.1.0\ndrop table things;",
  };

  test("refuses breaking statements even when reviewed, others without a review; contract files pass", async () => {
    const problems = await lintMigrations(migrationFiles(files));
    expect(problems.map(({ file, line, message }) => `${file}:${line} ${message.split(":")[0]}`)).toEqual([
      "202601020000__break_things.sql:3 breaking",
      "202601030000__index_things.sql:2 locking",
      "202601040000__fill_things.sql:2 review",
    ]);
  });

  test("asks contract files for a release that no longer needs what they remove, and that exists", async () => {
    const drop = "drop table things;";
    const contracts = {
      "202601070000__remove_one": `-- phase: contract\n${drop}`,
      "202601080000__remove_two": `-- phase: contract\n-- contract-of: 1.2.0\n${drop}`,
      "202601090000__remove_three": `-- phase: contract\n-- contract-of: 1.10.0\n${drop}`,
    };
    const problems = await lintMigrations(migrationFiles(contracts), { version: "1.2.0-rc.1" });
    expect(problems.map(({ file, message }) => `${file} ${message}`)).toEqual([
      expect.stringMatching(/^202601070000__remove_one.sql say "-- contract-of/),
      expect.stringMatching(/^202601090000__remove_three.sql contract-of: 1.10.0 is a later release/),
    ]);
  });

  test("asks nothing of the first release, which has no older build beside it", async () => {
    const problems = await lintMigrations(migrationFiles(files), { baseline: "202601030000__index_things" });
    expect(problems.map((problem) => problem.file)).toEqual(["202601040000__fill_things.sql"]);
  });
});
