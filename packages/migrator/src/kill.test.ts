import { describe, expect, test } from "vitest";
import { startMigration } from "../test/run-child.ts";
import { migrationFiles, openClient, optionsFor, query, scratchDatabase, until } from "../test/scratch.ts";
import { migrate, status } from "./index.ts";

const FILES = {
  "202601010000__create_things":
    "create table things (id int primary key, name text); insert into things values (1, 'one');",
  "202601020000__index_things": `create index concurrently if not exists things_name on things (name);
    create index concurrently if not exists things_lower on things (lower(name));`,
  "202601030000__extend_things":
    "alter table things add column size int not null default 7; insert into things values (2, 'two');",
};
const PARALLEL = 3;
const QUERIES_MAX = 100;

/** Everything a migration could do twice or not at all. */
async function shapeOf(url: string): Promise<unknown> {
  return [
    await query(url, "select * from things order by id"),
    await query(
      url,
      "select indexrelid::regclass::text as index, indisvalid from pg_index where indrelid = 'things'::regclass order by 1",
    ),
    await query(url, "select id, state, checksum from evertrack_schema_migration order by id"),
  ];
}

describe("kill -9", () => {
  // A sent query is carried out although its sender is dead, so dying after each covers dying before the next.
  test("at every query of a migration leaves what one more run completes", { timeout: 400_000 }, async () => {
    const directory = migrationFiles(FILES);
    const whole = await scratchDatabase();
    await migrate(optionsFor(whole, directory));
    const expected = await shapeOf(whole);
    let survivedAt = 0;
    let next = 1;
    const dieAndRepair = async () => {
      while (!survivedAt && next <= QUERIES_MAX) {
        const n = next++;
        const url = await scratchDatabase();
        const { signal, code, output } = await startMigration(url, directory, String(n)).ended;
        if (signal !== "SIGKILL") {
          expect({ code, output }).toMatchObject({ code: 0 });
          survivedAt ||= n;
        }
        const options = optionsFor(url, directory);
        await migrate(options);
        expect({ n, shape: await shapeOf(url), messages: options.messages }).toMatchObject({ n, shape: expected });
        expect(await status(options)).toMatchObject({ pending: [], unfinished: [], lock: { held: false } });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, dieAndRepair));
    // Far fewer would mean that the child did not die where it was told to.
    expect(survivedAt).toBeGreaterThan(30);
  });

  test("in the middle of an index build: the half-built index is dropped and built again", async () => {
    const directory = migrationFiles(FILES);
    const url = await scratchDatabase();
    await query(url, "create table blocker ()");
    const holder = await openClient(url);
    await holder.query("begin isolation level repeatable read; select * from blocker");
    const owner = startMigration(url, directory);
    const invalid = "select 1 from pg_index where not indisvalid";
    await until("an index is half-built", async () => (await query(url, invalid)).length > 0);
    owner.child.kill("SIGKILL");
    await owner.ended;
    const options = optionsFor(url, directory);
    const repairing = migrate(options);
    await until("the orphan is ended", () =>
      options.messages.some((message) => message.startsWith("ending back ends")),
    );
    await holder.query("commit");
    await repairing;
    expect(options.messages).toContain("dropping index public.things_name, left invalid by an interrupted build");
    expect(await query(url, invalid)).toEqual([]);
  });
});
