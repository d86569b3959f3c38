import { describe, expect, test } from "vitest";
import {
  migrationFiles,
  openClient,
  optionsFor,
  query,
  scratchDatabase,
  until,
  writeMigrations,
} from "../test/scratch.ts";
import { type MigrationProgress, migrate, plan, status } from "./index.ts";

const ONE = "202601010000__create_things";
const TWO = "202601020000__extend_things";
const THREE = "202601030000__index_things";
const CREATE = "create table things (id int primary key, name text);";

describe("migrating", () => {
  test("applies the files in order, records each, and does nothing the second time", async () => {
    const options = optionsFor(
      await scratchDatabase(),
      migrationFiles({
        [ONE]: CREATE,
        [TWO]: "alter table things add column size int;",
        [THREE]: "create index concurrently if not exists things_name on things (name);",
      }),
    );
    expect(await migrate(options)).toEqual({ applied: [ONE, TWO, THREE], ahead: [] });
    expect(await migrate(options)).toEqual({ applied: [], ahead: [] });
    const rows = await query(
      options.connectionString,
      "select id, component, phase, state, version, duration_ms >= 0 as timed from evertrack_schema_migration order by id",
    );
    const row = { component: "app", phase: "expand", state: "done", version: "1.0.0", timed: true };
    expect(rows).toEqual([ONE, TWO, THREE].map((id) => ({ id, ...row })));
  });

  test("takes no lock when nothing is pending", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    const holder = await openClient(options.connectionString);
    await holder.query("begin");
    await holder.query(`select pg_advisory_xact_lock(${0x45565452}, 1)`);
    expect(await migrate({ ...options, lockWaitMs: 0 })).toEqual({ applied: [], ahead: [] });
  });

  test("tolerates rows of a newer build, and says so", async () => {
    const url = await scratchDatabase();
    await migrate(optionsFor(url, migrationFiles({ [ONE]: CREATE, [TWO]: "alter table things add column size int;" })));
    const older = optionsFor(url, migrationFiles({ [ONE]: CREATE }));
    expect(await migrate(older)).toEqual({ applied: [], ahead: [TWO] });
    expect(older.messages).toEqual([`the app schema is ahead of this build by ${TWO}`]);
  });

  test("applies a file that sorts before applied ones", async () => {
    const directory = migrationFiles({ [TWO]: CREATE });
    const options = optionsFor(await scratchDatabase(), directory);
    await migrate(options);
    writeMigrations(directory, { [ONE]: "create table late ();" });
    expect((await migrate(options)).applied).toEqual([ONE]);
  });

  test("refuses a file that was changed after it was applied, naming it", async () => {
    const directory = migrationFiles({ [ONE]: CREATE });
    const options = optionsFor(await scratchDatabase(), directory);
    await migrate(options);
    writeMigrations(directory, { [ONE]: `${CREATE} -- improved` });
    await expect(migrate(options)).rejects.toMatchObject({
      code: "checksum-mismatch",
      message: expect.stringContaining(`${ONE}.sql was changed after it was applied`),
    });
  });

  test("keeps the histories of components apart", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    const engine = { ...options, component: "engine", directory: migrationFiles({ [ONE]: "create table steps ();" }) };
    expect((await migrate(engine)).applied).toEqual([ONE]);
    expect((await status(options)).applied).toHaveLength(1);
  });

  test.each([
    [
      "while it is read",
      "create table half ();\ninsert into things values ('x');",
      "invalid input syntax for type integer",
    ],
    ["while it runs", "create table half ();\ninsert into things select 1 / 0;", "division by zero"],
  ])(
    "leaves nothing of a file that fails %s, names the statement, and goes on there when it is corrected",
    async (_, sql, reason) => {
      const directory = migrationFiles({ [ONE]: CREATE, [TWO]: sql });
      const options = optionsFor(await scratchDatabase(), directory);
      await expect(migrate(options)).rejects.toMatchObject({
        code: "statement-failed",
        message: expect.stringMatching(`^${TWO}.sql, line 3: ${reason}`),
        place: { file: `${TWO}.sql`, line: 3, statement: expect.stringMatching(/^insert into things/) },
        cure: expect.stringContaining("goes on with this file"),
      });
      expect(await query(options.connectionString, "select to_regclass('half') as half")).toEqual([{ half: null }]);
      writeMigrations(directory, { [TWO]: "create table half ();" });
      expect((await migrate(options)).applied).toEqual([TWO]);
    },
  );

  test("reports progress file by file", async () => {
    const progress: MigrationProgress[] = [];
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE, [TWO]: "select 1 / 0;" }));
    await migrate({ ...options, onProgress: (step) => progress.push(step) }).catch(() => {});
    expect(progress.map(({ id, state }) => `${id} ${state}`)).toEqual([
      `${ONE} started`,
      `${ONE} completed`,
      `${TWO} started`,
      `${TWO} failed`,
    ]);
  });
});

describe("a plan", () => {
  test("tells the worst level of what is pending, and changes nothing", async () => {
    const options = optionsFor(
      await scratchDatabase(),
      migrationFiles({ [ONE]: CREATE, [TWO]: "-- phase: contract\ndrop table things;" }),
    );
    expect(await plan({ ...options, phase: "expand" })).toMatchObject({
      level: "additive",
      applied: [],
      unfinished: [],
    });
    expect(await plan(options)).toMatchObject({ level: "breaking", pending: [{ id: ONE }, { id: TWO }] });
    expect(await query(options.connectionString, "select 1 from pg_class where relname like 'evertrack%'")).toEqual([]);
  });
});

describe("a table that others hold locked", () => {
  const ALTER = { [ONE]: CREATE, [TWO]: "alter table things add column size int;" };

  test("is tried again until it is free, and readers hardly wait meanwhile", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    const holder = await openClient(options.connectionString);
    await holder.query("begin; select * from things");
    const migrating = migrate({ ...options, directory: migrationFiles(ALTER) });
    await until("the migration waits", () => options.messages.some((message) => message.includes("is locked by")));
    expect(options.messages.at(-1)).toContain("(somebody-else, idle in transaction");
    let worstWaitMs = 0;
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      await query(options.connectionString, "select * from things");
      worstWaitMs = Math.max(worstWaitMs, performance.now() - start);
    }
    await holder.query("commit");
    expect((await migrating).applied).toEqual([TWO]);
    // Standing in line behind the migration ends with its lock time-out, not with the lock that it waits for.
    expect(worstWaitMs).toBeLessThan(15_000);
  });

  test("makes the migration fail after its time, naming the back ends in its way", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    const holder = await openClient(options.connectionString);
    await holder.query("begin");
    await holder.query("select * from things");
    const { rows } = await holder.query("select pg_backend_pid() as pid");
    const failed = migrate({ ...options, directory: migrationFiles(ALTER), lockRetryMaxMs: 500 });
    await expect(failed).rejects.toMatchObject({
      code: "table-locked",
      message: expect.stringContaining(`back end ${rows[0].pid} (somebody-else`),
    });
  });
});

describe("an index build that was torn off", () => {
  const INDEX = "create unique index concurrently if not exists things_name on things (name);";
  const isValid = "select indisvalid as valid from pg_index where indexrelid = 'things_name'::regclass";

  test("is dropped and built again, once what made it fail is gone", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    await query(options.connectionString, "insert into things values (1, 'same'), (2, 'same')");
    const directory = migrationFiles({ [ONE]: CREATE, [TWO]: INDEX });
    await expect(migrate({ ...options, directory })).rejects.toMatchObject({ code: "statement-failed" });
    expect(await query(options.connectionString, isValid)).toEqual([{ valid: false }]);
    expect(await status({ ...options, directory })).toMatchObject({ unfinished: [TWO], pending: [{ id: TWO }] });

    await query(options.connectionString, "delete from things where id = 2");
    expect((await migrate({ ...options, directory })).applied).toEqual([TWO]);
    expect(options.messages).toContain("dropping index public.things_name, left invalid by an interrupted build");
    expect(await query(options.connectionString, isValid)).toEqual([{ valid: true }]);
  });

  test("costs no other invalid index its life", async () => {
    const options = optionsFor(await scratchDatabase(), migrationFiles({ [ONE]: CREATE }));
    await migrate(options);
    const url = options.connectionString;
    await query(url, "insert into things values (1, 'same'), (2, 'same')");
    await query(url, "create unique index concurrently by_hand on things (name)").catch(() => {});
    const directory = migrationFiles({ [ONE]: CREATE, [TWO]: INDEX });
    await migrate({ ...options, directory }).catch(() => {});
    await query(url, "delete from things where id = 2");
    await migrate({ ...options, directory });
    expect(await query(url, "select indisvalid as valid from pg_index where indexrelid = 'by_hand'::regclass")).toEqual(
      [{ valid: false }],
    );
  });

  test("of a REINDEX loses its leftover copy, never the index itself", async () => {
    const options = optionsFor(
      await scratchDatabase(),
      migrationFiles({ [ONE]: `${CREATE} create index things_name on things (name);` }),
    );
    await migrate(options);
    const url = options.connectionString;
    await query(url, "create index things_name_ccnew on things (name)");
    await query(url, "update pg_index set indisvalid = false where indexrelid = 'things_name_ccnew'::regclass");
    const directory = migrationFiles({
      [ONE]: `${CREATE} create index things_name on things (name);`,
      [TWO]: "reindex index concurrently things_name;",
    });
    await query(
      url,
      `insert into evertrack_schema_migration (component, id, checksum, phase, state, version) values ('app', '${TWO}', '', 'expand', 'running', '1')`,
    );
    await migrate({ ...options, directory });
    expect(await query(url, "select relname from pg_class where relname like 'things_name%'")).toEqual([
      { relname: "things_name" },
    ]);
  });
});
