import { describe, expect, test } from "vitest";
import { startMigration } from "../test/run-child.ts";
import { migrationFiles, openClient, optionsFor, query, scratchDatabase, until } from "../test/scratch.ts";
import { clearLock, migrate, showLock } from "./index.ts";

const ONE = "202601010000__create_things";
const TWO = "202601020000__extend_things";
const SLOW = { [ONE]: "create table things (id int);", [TWO]: "select pg_sleep(60);" };

const isWorking =
  "select 1 from pg_stat_activity where datname = current_database() and application_name = 'evertrack-migrator-run' and query like '%pg_sleep%' and state = 'active'";

/** Processes and what they leave in the server are ended with the test's database. */
async function untilWorking(url: string): Promise<void> {
  await until("a process migrates", async () => (await query(url, isWorking)).length > 0);
}

describe("the migration lock", () => {
  test("lets of five processes at once exactly one apply each file", async () => {
    const url = await scratchDatabase();
    const directory = migrationFiles({
      [ONE]: "create table things (id int); insert into things values (1);",
      [TWO]: "alter table things add column size int; insert into things values (2);",
      "202601030000__index_things": "create index concurrently if not exists things_id on things (id);",
      "202601040000__fill_things": "-- phase: expand\ninsert into things values (3);",
    });
    const ends = await Promise.all([1, 2, 3, 4, 5].map(() => startMigration(url, directory).ended));
    expect(ends.map(({ code, output }) => ({ code, output: code === 0 ? "" : output }))).toEqual(
      ends.map(() => ({ code: 0, output: "" })),
    );
    expect(await query(url, "select id from things order by id")).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(await query(url, "select count(*)::int as count from evertrack_schema_migration")).toEqual([{ count: 4 }]);
    expect(ends.map((end) => end.output.split("applied").length - 1).reduce((sum, n) => sum + n)).toBe(4);
  });

  test("is free at once when its owner is killed, and what the owner left working in the server is ended", async () => {
    const url = await scratchDatabase();
    const owner = startMigration(url, migrationFiles(SLOW));
    await untilWorking(url);
    owner.child.kill("SIGKILL");
    await owner.ended;
    const options = optionsFor(url, migrationFiles({ [ONE]: SLOW[ONE] ?? "", [TWO]: "select 1;" }));
    const start = performance.now();
    expect((await migrate(options)).applied).toEqual([TWO]);
    // What the owner left working would take a minute.
    expect(performance.now() - start).toBeLessThan(40_000);
    expect(options.messages).toContainEqual(
      expect.stringContaining("ending back ends that an interrupted migration left"),
    );
    expect(await query(url, isWorking)).toEqual([]);
  });

  test("is waited for by asking, and the waiter finds the work done", async () => {
    const url = await scratchDatabase();
    const directory = migrationFiles({ [ONE]: "create table things ();", [TWO]: "select pg_sleep(1);" });
    const owner = startMigration(url, directory);
    await untilWorking(url);
    const options = optionsFor(url, directory);
    expect((await migrate(options)).applied).toEqual([]);
    expect(options.messages[0]).toMatch(
      new RegExp(
        `^waiting for the migration lock, held by process ${owner.child.pid} on \\S+ \\(app, version 1\\.0\\.0\\) since `,
      ),
    );
    expect(options.messages.at(-1)).toBe("another process has migrated meanwhile");
    expect((await owner.ended).code).toBe(0);
  });

  test("is not waited for for ever, and the failure names its owner", async () => {
    const url = await scratchDatabase();
    const directory = migrationFiles(SLOW);
    const owner = startMigration(url, directory);
    await untilWorking(url);
    await expect(migrate({ ...optionsFor(url, directory), lockWaitMs: 300 })).rejects.toMatchObject({
      code: "lock-wait-timeout",
      message: expect.stringContaining(`held by process ${owner.child.pid} on `),
    });
    owner.child.kill("SIGKILL");
    await owner.ended;
  });

  test("can be shown and taken away, and then its owner cannot commit", async () => {
    const url = await scratchDatabase();
    const owner = startMigration(url, migrationFiles(SLOW));
    await untilWorking(url);
    expect(await showLock(url)).toMatchObject({
      held: true,
      owner: { component: "app", pid: owner.child.pid, version: "1.0.0" },
    });
    await clearLock(url);
    const end = await owner.ended;
    expect(end).toMatchObject({ code: 1, output: expect.stringContaining("lock") });
    await until("the lock is free", async () => !(await showLock(url)).held);
    expect(await query(url, "select id from evertrack_schema_migration")).toEqual([{ id: ONE }]);
  });

  test("keeps who lost it without noticing from committing: the epoch is the fence", async () => {
    const url = await scratchDatabase();
    const options = optionsFor(url, migrationFiles({ [ONE]: "create table things (id int);" }));
    await migrate(options);
    const holder = await openClient(url);
    await holder.query("begin; lock table things in access exclusive mode");
    const late = migrate({
      ...options,
      directory: migrationFiles({
        [ONE]: "create table things (id int);",
        [TWO]: "alter table things add column a int;",
      }),
    });
    late.catch(() => {});
    await until("it waits", () => options.messages.some((message) => message.includes("is locked by")));
    await query(url, "update evertrack_schema_lock set epoch = epoch + 1");
    await holder.query("commit");
    await expect(late).rejects.toMatchObject({ code: "lock-lost" });
    expect(
      await query(url, "select attname from pg_attribute where attrelid = 'things'::regclass and attnum > 0"),
    ).toEqual([{ attname: "id" }]);
  });

  test("of a waiter or an owner holds no snapshot that an index build would wait for", async () => {
    const url = await scratchDatabase();
    const directory = migrationFiles(SLOW);
    const owner = startMigration(url, directory);
    await untilWorking(url);
    const waiter = startMigration(url, directory);
    await until("the second one waits", () => waiter.output().includes("waiting for the migration lock"));
    const held = await query(
      url,
      "select application_name from pg_stat_activity where datname = current_database() and application_name in ('evertrack-migrator-lock', 'evertrack-migrator-watch') and state like 'idle%' and backend_xmin is not null",
    );
    expect(held).toEqual([]);
    for (const process of [owner, waiter]) {
      process.child.kill("SIGKILL");
      await process.ended;
    }
  });
});
