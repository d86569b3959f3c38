import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { replaceIn } from "../harness/build-release.ts";
import { type Build, buildOf } from "../harness/derived-build.ts";
import { Fleet } from "../harness/fleet.ts";
import { nextVersion, WORK_TREE } from "../harness/releases.ts";
import { runServer } from "../harness/server-run.ts";
import { refusalProblems } from "./plans/refusal.ts";

const ONE_SHOT = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
const TEST_TIMEOUT_MS = 600_000;
/** Of this test's own: what the old release needs is taken away by the contract of the new one. */
const EXPAND = {
  name: "209901010000__probe.sql",
  sql: "-- phase: expand\n-- Owner: features/cluster\ncreate table probe (id int);\n",
};

let [before, after, farAhead]: (Build | undefined)[] = [];
beforeAll(async () => {
  before = await buildOf(WORK_TREE);
  const contract = {
    name: "209901010001__drop_probe.sql",
    sql: `-- phase: contract\n-- contract-of: ${nextVersion(before.version)}\ndrop table probe;\n`,
  };
  const next = nextVersion(before.version);
  after = await buildOf(WORK_TREE, { version: next, addMigrations: [EXPAND, contract] });
  farAhead = await buildOf(WORK_TREE, { version: next, addMigrations: [EXPAND], patch: needsItself(before.version) });
});

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

test("after finalize and its contract the old release refuses to join, names the reason and touches nothing", {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const build = present(after);
  fleet = await Fleet.start({ webs: 1, workers: 1, builds: { webs: present(before), workers: present(before) } });
  const migrated = await run(fleet, build, {});
  expect(migrated.status, migrated.output).toBe(0);
  await fleet.moveTo(build);
  const finalized = await run(fleet, build, { word: ["upgrade", "finalize"] });
  expect(finalized.status, finalized.output).toBe(0);
  expect(await fleet.rows("select to_regclass('probe') as name"), "the contract ran").toEqual([{ name: null }]);
  expect(await refused(fleet, present(before), present(before).version)).toEqual([]);
});

test("a release that may not run beside the one that serves is refused before it touches anything", {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  fleet = await Fleet.start({ webs: 1, workers: 1, builds: { webs: present(before), workers: present(before) } });
  expect(await refused(fleet, present(farAhead), present(before).version)).toEqual([]);
});

/** What was wrong with how a release was refused; the refusal must name a version. */
function refused(running: Fleet, build: Build, named: string): Promise<string[]> {
  const start = (environment: Record<string, string>) => run(running, build, { environment });
  return refusalProblems(named, (statement) => running.rows(statement), start);
}

function run(
  running: Fleet,
  build: Build,
  { environment = ONE_SHOT, word }: { environment?: Record<string, string>; word?: string[] },
) {
  const place = { databaseUrl: running.databaseUrl, dataDirectory: running.directory };
  return runServer({ ...place, build, environment, ...(word === undefined ? {} : { word }) });
}

/** Makes a release that runs beside itself only. */
function needsItself(version: string) {
  return (directory: string) => {
    const file = join(directory, "apps/server/release/releases.json");
    const next = nextVersion(version);
    const listed = new RegExp(`("version": "${next}",\\s*"minBesideVersion": )"[^"]+"`);
    expect(readFileSync(file, "utf8")).toMatch(listed);
    replaceIn(file, listed, `$1"${next}"`);
  };
}

function present(build: Build | undefined): Build {
  if (build === undefined) throw new Error("the build was not made");
  return build;
}
