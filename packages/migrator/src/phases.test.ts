import { describe, expect, test } from "vitest";
import { startMigration } from "../test/run-child.ts";
import { migrationFiles, optionsFor, query, scratchDatabase } from "../test/scratch.ts";
import { type MigrateOptions, migrate, plan, status } from "./index.ts";

const CREATE = "202601010000__create_things";
const EXPAND = "202602010000__extend_things";
const CONTRACT = "202602020000__remove_name";
const CONTRACT_INDEX = "202602030000__remove_index";
const NEXT = "202603010000__reuse_name";
/** Release 1.0.0 made the table, 1.1.0 replaced `name` by `title`, 1.2.0 calls something else `name`. */
const FIRST = {
  [CREATE]: "create table things (id int primary key, name text); create index things_name on things (name, id);",
};
const SECOND = {
  ...FIRST,
  [EXPAND]: "alter table things add column title text;",
  [CONTRACT]: "-- phase: contract\n-- contract-of: 1.1.0\nalter table things drop column if exists name;",
  [CONTRACT_INDEX]: "-- phase: contract\n-- contract-of: 1.1.0\ndrop index concurrently if exists things_title;",
};
const THIRD = { ...SECOND, [NEXT]: "alter table things add column name int;" };
const KILLS_MAX = 100;

/** A build of a release for one database. */
function build(version: string, url: string, files: Record<string, string>): MigrateOptions {
  return { ...optionsFor(url, migrationFiles(files)), version };
}

describe("contract files", () => {
  test("run only in a contract run, in order, after every expand file", async () => {
    const url = await scratchDatabase();
    await migrate(build("1.0.0", url, FIRST));
    const second = build("1.1.0", url, SECOND);
    const refused = { code: "expand-pending", message: expect.stringContaining(EXPAND), cure: expect.any(String) };
    await expect(migrate({ ...second, phase: "contract" })).rejects.toMatchObject(refused);
    expect((await migrate(second)).applied).toEqual([EXPAND]);
    expect((await migrate(second)).applied, "a start leaves them alone").toEqual([]);
    expect((await plan(second)).pending.map(({ id }) => id)).toEqual([CONTRACT, CONTRACT_INDEX]);
    expect((await migrate({ ...second, phase: "contract" })).applied).toEqual([CONTRACT, CONTRACT_INDEX]);
    expect((await migrate({ ...second, phase: "contract" })).applied).toEqual([]);
  });

  test("of a release that was not finalized hold back what a later release adds behind them", async () => {
    const url = await scratchDatabase();
    await migrate(build("1.0.0", url, FIRST));
    await migrate(build("1.1.0", url, SECOND));
    const third = build("1.2.0", url, THIRD);
    const refused = { code: "contract-pending", message: expect.stringMatching(`${CONTRACT} is pending.*${NEXT}`) };
    await expect(migrate(third)).rejects.toMatchObject(refused);
    expect(await plan({ ...third, phase: "expand" })).toMatchObject({ refusal: refused });
    expect((await status(third)).pending, "nothing was changed").toHaveLength(3);
    await migrate({ ...build("1.1.0", url, SECOND), phase: "contract" });
    expect((await migrate(third)).applied).toEqual([NEXT]);
  });

  test("do not hold back a patch of their own release, nor a way past it that adds nothing", async () => {
    const url = await scratchDatabase();
    await migrate(build("1.0.0", url, FIRST));
    expect((await migrate(build("1.1.1", url, SECOND))).applied).toEqual([EXPAND]);
  });

  test("of earlier releases run in order on a new database, also when its first start was interrupted", async () => {
    const url = await scratchDatabase();
    const broken = { ...THIRD, [NEXT]: "select 1 / 0;" };
    await expect(migrate(build("1.2.0", url, broken))).rejects.toMatchObject({ code: "statement-failed" });
    expect((await migrate(build("1.2.0", url, THIRD))).applied).toEqual([NEXT]);
    expect((await plan(build("1.2.0", url, THIRD))).pending).toEqual([]);
    const [column] = await query(url, "select data_type from information_schema.columns where column_name = 'name'");
    expect(column).toEqual({ data_type: "integer" });
  });

  test("survive kill -9 at every query: one more contract run completes them", { timeout: 400_000 }, async () => {
    const prepared = async () => {
      const url = await scratchDatabase();
      await migrate(build("1.0.0", url, FIRST));
      await query(url, "insert into things values (1, 'one')");
      await migrate(build("1.1.0", url, SECOND));
      return url;
    };
    const directory = migrationFiles(SECOND);
    let survivedAt = 0;
    for (let n = 1; survivedAt === 0 && n <= KILLS_MAX; n++) {
      const url = await prepared();
      const { signal, code, output } = await startMigration(url, directory, String(n), "contract").ended;
      if (signal !== "SIGKILL") expect({ code, output }).toMatchObject({ code: 0 });
      if (signal !== "SIGKILL") survivedAt = n;
      await migrate({ ...build("1.1.0", url, SECOND), phase: "contract" });
      expect(await query(url, "select * from things"), `killed at query ${n}`).toEqual([{ id: 1, title: null }]);
      expect(await status(optionsFor(url, directory))).toMatchObject({
        pending: [],
        unfinished: [],
        lock: { held: false },
      });
    }
    expect(survivedAt).toBeGreaterThan(15);
  });
});
