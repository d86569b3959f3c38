import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { replaceIn } from "../harness/build-release.ts";
import { buildOf } from "../harness/derived-build.ts";
import { REPOSITORY, releaseMissing, WORK_TREE, workTreeVersion } from "../harness/releases.ts";
import { runServer } from "../harness/server-run.ts";

const PROBE = {
  name: "209901010000__add_probe.sql",
  sql: "-- phase: expand\n-- Owner: features/cluster\ncreate table probe (id int);\n",
};

test("a build with another version and one more migration is made, runs, and leaves the work tree as it is", async () => {
  const before = workTreeVersion();
  const build = await buildOf(WORK_TREE, { version: "9.8.7", addMigrations: [PROBE] });
  expect(workTreeVersion()).toBe(before);
  expect(existsSync(join(REPOSITORY, "apps/server/migrations", PROBE.name))).toBe(false);
  expect(build.version).toBe("9.8.7");
  const manifest = JSON.parse(readFileSync(join(build.directory, "apps/server/release.json"), "utf8")) as {
    migrations: { release: string }[];
  };
  expect(manifest).toMatchObject({ version: "9.8.7", minBesideVersion: before });
  expect(manifest.migrations.filter(({ release }) => release === "9.8.7")).toHaveLength(1);
  const database = await testDatabase();
  const dataDirectory = mkdtempSync(join(tmpdir(), "evertrack-build-"));
  const environment = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
  const ran = await runServer({ databaseUrl: database.url, dataDirectory, environment, build });
  expect(ran.status, ran.output).toBe(0);
  const client = new pg.Client(database.url);
  await client.connect();
  expect((await client.query("select to_regclass('probe')::text as name")).rows).toEqual([{ name: "probe" }]);
  await client.end();
  await database.drop();
  rmSync(dataDirectory, { recursive: true });
});

test("the workspaces of a build are those of the build, and what was built once is found again", async () => {
  const patch = (directory: string) => replaceIn(join(directory, "packages/engine/package.json"), "{", "{ ");
  const [one, two, other] = [await buildOf(WORK_TREE), await buildOf(WORK_TREE), await buildOf(WORK_TREE, { patch })];
  expect(two.directory).toBe(one.directory);
  expect(other.directory).not.toBe(one.directory);
  const link = realpathSync(join(other.directory, "node_modules/@evertrack/engine"));
  expect(link).toBe(realpathSync(join(other.directory, "packages/engine")));
  expect(readFileSync(join(link, "package.json"), "utf8")).toMatch(/^\{ /);
});

test("the version in progress is built from HEAD until it is released", async () => {
  const build = await buildOf("HEAD");
  const version = execFileSync("git", ["show", "HEAD:apps/server/package.json"], { encoding: "utf8" });
  expect(build.version).toBe((JSON.parse(version) as { version: string }).version);
  expect(releaseMissing(workTreeVersion())).toBeUndefined();
});

test("a commit this clone does not have is named, with what to do", async () => {
  expect(releaseMissing("0".repeat(40))).toMatch(/no commit 0{40}.*fetch the whole history/);
  await expect(buildOf("0".repeat(40))).rejects.toThrow(/fetch the whole history/);
});
