import { pgBouncerMissing, startPgBouncer, type TestPooler } from "@evertrack/embedded-postgres/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMigration } from "../test/run-child.ts";
import { migrationFiles, optionsFor, query, scratchDatabase, until } from "../test/scratch.ts";
import { migrate, showLock } from "./index.ts";

const FILES = {
  "202601010000__create_things": "create table things (id int);",
  "202601020000__index_things": "create index concurrently if not exists things_id on things (id);",
  "202601030000__fill_things": "insert into things values (1);",
};

describe.skipIf(pgBouncerMissing)(
  `behind PgBouncer in transaction mode${pgBouncerMissing ? ` (${pgBouncerMissing})` : ""}`,
  () => {
    let pooler: TestPooler;
    beforeAll(async () => {
      pooler = await startPgBouncer({ serverUrl: process.env.EVERTRACK_TEST_DATABASE_URL ?? "" });
    });
    afterAll(() => pooler?.stop());

    test("three processes at once apply each file once, index builds included", async () => {
      const direct = await scratchDatabase();
      const directory = migrationFiles(FILES);
      const ends = await Promise.all([1, 2, 3].map(() => startMigration(pooler.urlOf(direct), directory).ended));
      expect(ends.map(({ code, output }) => ({ code, output: code === 0 ? "" : output }))).toEqual(
        ends.map(() => ({ code: 0, output: "" })),
      );
      expect(await query(direct, "select * from things")).toEqual([{ id: 1 }]);
    });

    test("the lock of a killed process is free, and what it left working is ended", async () => {
      const direct = await scratchDatabase();
      const url = pooler.urlOf(direct);
      const [first, ...rest] = Object.entries(FILES);
      const slow = { ...Object.fromEntries([first ?? ["", ""]]), "202601020000__index_things": "select pg_sleep(60);" };
      const owner = startMigration(url, migrationFiles(slow));
      const working =
        "select 1 from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()";
      await until("it migrates", async () => (await query(direct, working)).length > 0);
      expect(await showLock(url)).toMatchObject({ held: true, owner: { pid: owner.child.pid } });
      owner.child.kill("SIGKILL");
      await owner.ended;
      const options = optionsFor(url, migrationFiles(FILES));
      expect((await migrate(options)).applied).toEqual(rest.map(([id]) => id));
      expect(await query(direct, working)).toEqual([]);
      expect(await showLock(url)).toMatchObject({ held: false });
    });

    test("our time-outs do not stay on connections that others get next", async () => {
      const direct = await scratchDatabase();
      const options = optionsFor(pooler.urlOf(direct), migrationFiles(FILES));
      await migrate(options);
      const settings = await query(
        pooler.urlOf(direct),
        "select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement",
      );
      expect(settings).toEqual([{ lock: "0", statement: "0" }]);
    });

    test("the migration finishes with two server connections, and says what is missing with one", {
      timeout: 120_000,
    }, async () => {
      const direct = await scratchDatabase();
      const narrow = await startPgBouncer({ serverUrl: direct, poolSize: 2 });
      const single = await startPgBouncer({ serverUrl: direct, poolSize: 1 });
      try {
        await expect(migrate(optionsFor(single.urlOf(direct), migrationFiles(FILES)))).rejects.toMatchObject({
          code: "no-connection",
        });
        expect((await migrate(optionsFor(narrow.urlOf(direct), migrationFiles(FILES)))).applied).toHaveLength(3);
      } finally {
        await Promise.all([narrow.stop(), single.stop()]);
      }
    });
  },
);
