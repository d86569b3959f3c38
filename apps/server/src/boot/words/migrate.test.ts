import { spawnSync } from "node:child_process";
import { hostname, tmpdir } from "node:os";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate } from "@evertrack/migrator";
import pg from "pg";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../platform/config/index.ts";
import { featureProperties } from "../features.ts";
import { migratedComponents } from "../migrated-components.ts";
import { profileDefaults } from "../profiles.ts";
import { declaredProperties } from "../properties.ts";
import { migrateWord } from "./migrate.ts";

const ADVISORY_LOCK = "select pg_advisory_xact_lock(x'45565452'::int, 1)";
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** An installation and its word `migrate`. */
async function installation({ migrated }: { migrated: boolean }) {
  const database = await testDatabase();
  cleanUp.push(() => database.drop());
  const config = loadConfig({
    environment: { DT_DATASOURCE_URL: database.url },
    workingDirectory: tmpdir(),
    profileDefaults,
    declared: declaredProperties(featureProperties),
  });
  if (migrated)
    for (const component of migratedComponents(config))
      for (const phase of ["expand", "contract"] as const) await migrate({ ...component, version: "0.1.0", phase });
  const word = async (...args: string[]) => {
    let written = "";
    const errors: string[] = [];
    const log = pino({ level: "fatal" }, { write: (line) => errors.push(line) });
    const exit = await migrateWord({ args, config, log, write: (text) => (written += text) });
    const json = args.includes("--json") && written !== "" ? (JSON.parse(written) as unknown) : undefined;
    return { exit, written, errors: errors.join(""), json };
  };
  return { url: database.url, word };
}

/** Holds the migration lock, as a process of this host with this id does. */
async function holdLock(url: string, pid: number): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  cleanUp.push(() => client.end().catch(() => undefined));
  await client.query(
    "update evertrack_schema_lock set component = 'app', host = $1, pid = $2, version = '0.2.0', since = now()",
    [hostname(), pid],
  );
  await client.query(`begin; ${ADVISORY_LOCK}`);
  return client;
}

describe("migrate --status and --plan", () => {
  test("tell a new database from a migrated one, and change neither", async () => {
    const fresh = await installation({ migrated: false });
    const before = await fresh.word("--status", "--json");
    expect(before).toMatchObject({
      exit: 0,
      json: {
        components: [
          { component: "app", applied: [] },
          { component: "engine", applied: [] },
        ],
      },
    });
    const { written } = await fresh.word("--plan");
    expect(written).toMatch(/202611221650__index_run_lists: expand, additive, statement by statement, next run/);
    expect(await fresh.word("--status", "--json")).toEqual(before);

    const { word } = await installation({ migrated: true });
    expect(await word("--plan")).toMatchObject({ exit: 0, written: expect.stringMatching(/^Nothing is pending/) });
    const done = { pending: [], unfinished: [], ahead: [] };
    expect((await word("--status", "--json")).json).toMatchObject({
      components: [
        {
          component: "app",
          ...done,
          applied: expect.arrayContaining([expect.objectContaining({ version: "0.1.0", state: "done" })]),
        },
        { component: "engine", ...done },
      ],
      lock: { held: false, lastOwner: { component: "engine", version: "0.1.0" } },
    });
  });

  test("name what an interrupted run left and what this build does not know", async () => {
    const { url, word } = await installation({ migrated: true });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("update evertrack_schema_migration set state = 'running' where id like '%index_run_lists'");
    await client.query(
      "update evertrack_schema_migration set id = '203001010000__add_future' where id like '%create_outbox'",
    );
    await client.end();
    const { written } = await word("--status");
    expect(written).toMatch(/unfinished {2}202611221650__index_run_lists by 0.1.0, begun 20/);
    expect(written).toMatch(/unknown {5}203001010000__add_future by 0.1.0/);
    expect(written).toMatch(/pending {5}202611221008__create_outbox \(expand\)/);
  });
});

describe("migrate --lock", () => {
  test("shows who holds it, and does not take it from somebody who may be alive", async () => {
    const { url, word } = await installation({ migrated: true });
    expect(await word("--lock", "--clear")).toMatchObject({
      exit: 0,
      written: expect.stringContaining("nothing to clear"),
    });
    const holder = await holdLock(url, process.ppid);
    expect(await word("--lock", "--show")).toMatchObject({
      exit: 0,
      written: expect.stringMatching(
        `held by process ${process.ppid} on ${hostname()} .*version 0.2.0.*over back end \\d+`,
      ),
    });
    expect(await word("--lock", "--clear", "--json")).toMatchObject({ exit: 3, json: { cleared: false, held: true } });
    await expect(holder.query("select 1")).resolves.toBeDefined();
    expect(await word("--lock", "--clear", "--force")).toMatchObject({ exit: 0 });
    await expect(holder.query("select 1")).rejects.toThrow();
  });

  test("is taken from a process of this host that is gone", async () => {
    const { url, word } = await installation({ migrated: true });
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await holdLock(url, pid);
    expect(await word("--lock", "--clear", "--json")).toMatchObject({
      exit: 0,
      json: { cleared: true, owner: { pid } },
    });
    expect((await word("--lock", "--show", "--json")).json).toMatchObject({ held: false });
  });
});

test.each([
  [],
  ["--status", "--plan"],
  ["--lock"],
  ["--lock", "--show", "--clear"],
  ["--show"],
  ["--status", "--force"],
  ["--statsu"],
])("migrate %s %s is wrong use", async (...args) => {
  const { word } = await installation({ migrated: false });
  expect(await word(...args)).toMatchObject({
    exit: 2,
    written: "",
    errors: expect.stringContaining("use migrate --status"),
  });
});
