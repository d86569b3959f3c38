/** `backup` and `restore` as they are typed: arguments, exit statuses, what is said where it is refused. A real server and database. */
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type CliRun, runCli, scratchDirectory } from "./run-cli.ts";

/** Processes are started, databases made and loaded. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let database: Awaited<ReturnType<typeof testDatabase>>;
const scratch = scratchDirectory();
const backups = join(scratch.path, "backups");

beforeAll(async () => {
  database = await testDatabase();
  expect((await run("migrate")).code).toBe(0);
});
afterAll(async () => {
  await database?.drop();
  scratch[Symbol.dispose]();
});

const run = (...args: string[]): Promise<CliRun> =>
  runCli(args, { DT_DATASOURCE_URL: database.url, DT_DATA_DIRECTORY: scratch.path });

/** An export: this machine may have no pg_dump. */
async function take(...args: string[]): Promise<{ backup: string; removed: string[]; verification: unknown }> {
  const taken = await run("backup", "--kind", "export", "--output", backups, "--json", ...args);
  expect(taken, taken.stderr).toMatchObject({ code: 0 });
  return JSON.parse(taken.stdout);
}

async function listed(): Promise<string[]> {
  const list = await run("backup", "list", "--output", backups, "--json");
  expect(list.code).toBe(0);
  return JSON.parse(list.stdout).backups.map(({ backup }: { backup: string }) => backup);
}

async function query(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

test.each([
  [["backup", "--kind", "tape"], "Allowed choices are dump, export"],
  [["backup", "--keep", "0"], "a whole number from 1 to 1000"],
  [["backup", "--keep", "2", "--no-verify"], "only after a verified one"],
  [["backup", "verify"], "missing required argument"],
  [["backup", "confirm"], "--location"],
  [["backup", "confirm", "--location", "tape 7", "--taken-at", "tomorrow"], "a time of the past"],
  [["restore"], "missing required argument"],
])("%j is wrong use: 2, and what is right", async (args, said) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) });
});

test("backups are taken, listed, verified, and make way for newer ones; a damaged one is told by its file", async () => {
  const first = await take();
  expect(first).toMatchObject({ verification: { passed: true, problems: [] }, removed: [] });
  const unverified = await take("--no-verify");
  expect(unverified).toMatchObject({ verification: null });
  const last = await take("--keep", "1");
  expect(last.removed).toEqual([first.backup]);
  expect(await listed()).toEqual([last.backup, unverified.backup]);

  const verified = await run("backup", "verify", unverified.backup);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("Verified  yes") });
  const [table = ""] = await readdir(join(last.backup, "tables"));
  await appendFile(join(last.backup, "tables", table), "x");
  const damaged = await run("backup", "verify", last.backup);
  expect(damaged).toMatchObject({ code: 1, stdout: expect.stringMatching(/Verified {2}NO[\s\S]*tables\//) });
  expect(damaged.stdout).toContain(table);

  const confirmed = await run("backup", "confirm", "--location", "tape 7");
  expect(confirmed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Confirmed {2}tape 7, taken /) });
});

test("a restore is refused where there is anything to lose, and says what stands in its way", async () => {
  const { backup } = await take("--no-verify");
  const noBackup = await run("restore", scratch.path, "--force");
  expect(noBackup).toMatchObject({ code: 1, stderr: expect.stringContaining("SHA256SUMS is missing") });
  expect(await run("restore", join(scratch.path, "nowhere"))).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("is not a backup: it must be its directory"),
  });
  expect(await run("restore", backup)).toMatchObject({ code: 3, stderr: expect.stringContaining("--force") });
  await query(`insert into cluster_instance (id, version, build, host, roles, queues, state, heartbeat_interval_ms, heartbeat_lapse_ms)
    values ('still-here', '0.1.0', 'b', 'h', '{api}', '{}', 'ready', 10000, 600000)`);
  expect(await run("restore", backup, "--force")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("instances work on this database: still-here; stop them first"),
  });
  await query("delete from cluster_instance");
  const restored = await run("restore", backup, "--force");
  expect(restored, restored.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("found equal") });
  const other = await testDatabase();
  const elsewhere = await run("restore", backup, "--into", other.url, "--json");
  await other.drop();
  expect(elsewhere, elsewhere.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({ backup, runsReleased: 0, attachmentsPlaced: 0 });
});
