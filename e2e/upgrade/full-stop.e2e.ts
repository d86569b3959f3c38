/** docs/upgrading/full-stop.md, "From a backup two releases old": nothing runs but a backup and newer programs. */
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { administratorOf } from "../harness/api-client.ts";
import { type Build, buildOf } from "../harness/derived-build.ts";
import { Random } from "../harness/random.ts";
import { nextVersion, RELEASES, WORK_TREE, workTreeVersion } from "../harness/releases.ts";
import { ServerProcess } from "../harness/server-process.ts";
import { runServer } from "../harness/server-run.ts";
import { mirrorThroughFaults } from "../harness/traffic/advisories.ts";
import { makeAdvisories, writeBucket } from "../harness/traffic/bom-series.ts";
import { ProjectHistory } from "../harness/traffic/project-history.ts";
import { uploadNext } from "../harness/traffic/upload-next.ts";
import { until } from "../harness/until.ts";
import { Observer } from "../harness/witness/audit.ts";
import { verifyOutcome } from "../harness/witness/verify-outcome.ts";
import { refusalProblems } from "./plans/refusal.ts";

const EXIT_NOT_YET = 5;
const EXIT_REFUSED = 3;
const TEST_TIMEOUT_MS = 600_000;
const STEP_TIMEOUT_MS = 120_000;
const PROJECTS = 6;
const ONE_SHOT = { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" };
/** Waits of minutes and seconds, made short. */
const ENVIRONMENT = {
  DT_INIT_TASKS_ENABLED: "false",
  DT_TASK_BACKFILL_START_CRON: "*/2 * * * * *",
  DT_CLUSTER_HEARTBEAT_INTERVAL_MS: "500",
  DT_CLUSTER_HEARTBEAT_LAPSE_MS: "8000",
};
/** What the release after next brings. */
const EXPAND = {
  name: "209901010000__probe_release_after_next.sql",
  sql: "-- phase: expand\n-- Owner: features/cluster\nalter table component add column probe text;\n",
};

const oldest = RELEASES.findLast(({ version }) => version !== workTreeVersion())?.version;
const random = new Random(2);
const advisories = makeAdvisories(random).before;

describe.skipIf(oldest === undefined)("with everything stopped", () => {
  let builds: [oldest: Build, between: Build, newest: Build];
  beforeAll(async () => {
    const version = nextVersion(workTreeVersion());
    builds = [
      await buildOf(oldest ?? ""),
      await buildOf(WORK_TREE),
      await buildOf(WORK_TREE, { version, addMigrations: [EXPAND] }),
    ];
  });

  let directory = "";
  let database: Awaited<ReturnType<typeof testDatabase>>[] = [];
  const servers: ServerProcess[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "evertrack-full-stop-"));
    database = [await testDatabase(), await testDatabase()];
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.kill()));
    for (const each of database) await each.drop();
    await rm(directory, { recursive: true, force: true });
  });

  test("a backup two releases old: the newest release says which way leads to it, and there everything is as it was", {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const [old, between, newest] = builds;
    const [lost, site] = database.map(({ url }, index) => placeAt(directory, index, url));
    if (lost === undefined || site === undefined) throw new Error("two databases are needed");
    const { backup, projects, admin } = await lifeOfOld(old, lost);
    const tooFar = await run(newest, site, ["restore", backup]);
    expect(tooFar.status, tooFar.output).toBe(EXIT_REFUSED);
    expect(tooFar.output).toContain(`the upgrade to ${between.version} was not finalized`);
    const restored = await run(old, site, ["restore", backup]);
    expect(restored.status, restored.output).toBe(0);

    const observer = new Observer(site.databaseUrl);
    const rows = (statement: string) => observer.rows<object>(statement);
    const check = await run(newest, site, ["upgrade", "check"]);
    expect(check.status, check.output).toBe(EXIT_REFUSED);
    expect(check.output).toContain("version-gap");
    expect(check.output).toContain([old, between, newest].map(({ version }) => version).join(" → "));
    const start = (environment: Record<string, string>) => runServer({ ...site, build: newest, environment });
    expect(await refusalProblems(newest.version, rows, start)).toEqual([]);

    for (const build of [between, newest]) await stepTo(build, site);
    const server = await started(newest, site);
    const api = admin.at(server.url);
    for (const { tokens } of projects) for (const token of tokens) await api.processed(token, STEP_TIMEOUT_MS);
    expect(await verifyOutcome(api, projects, advisories)).toEqual([]);
    expect(await rows("select name from wf_run where status in ('FAILED', 'CANCELLED')")).toEqual([]);
    expect(await rows("select finalized_version, target_version from cluster_state")).toEqual([
      { finalized_version: newest.version, target_version: null },
    ]);
    await observer.close();
  });

  /** Migrate, start one instance, finalize, stop. */
  async function stepTo(build: Build, site: Site): Promise<void> {
    const migrated = await runServer({ ...site, build, environment: ONE_SHOT });
    expect(migrated.status, migrated.output).toBe(0);
    const server = await started(build, site);
    const last = await until(`${build.version} is finalized`, STEP_TIMEOUT_MS, async () => {
      const ended = await run(build, site, ["upgrade", "finalize"]);
      return ended.status === EXIT_NOT_YET ? undefined : ended;
    });
    expect(last.status, last.output).toBe(0);
    expect(await server.stop()).toBe(0);
  }

  /** Inventories with licences, findings, and imports that are still under way when its backup is taken and it is lost. */
  async function lifeOfOld(build: Build, site: Site) {
    const migrated = await runServer({ ...site, build, environment: ONE_SHOT });
    expect(migrated.status, migrated.output).toBe(0);
    const server = await started(build, site);
    const admin = await administratorOf(server.url);
    await mirrorThroughFaults(admin, writeBucket(directory, "osv", advisories));
    const projects = Array.from({ length: PROJECTS }, (_, index) => new ProjectHistory(`project-${index}`));
    for (const project of projects) await admin.processed(await uploadNext(admin, project, random));
    for (const project of projects) await uploadNext(admin, project, random);
    const taken = await run(build, site, [
      "backup",
      "take",
      "--kind",
      "export",
      "--output",
      join(directory, "backups"),
      "--json",
    ]);
    expect(taken.status, taken.output).toBe(0);
    const line = taken.output.split("\n").find((each) => each.startsWith('{"id"'));
    const { backup } = JSON.parse(line ?? "null") as { backup: string };
    await server.kill();
    return { backup, projects, admin };
  }

  async function started(build: Build, site: Site): Promise<ServerProcess> {
    const environment = { ...ENVIRONMENT, DT_VULN_DATA_SOURCE_FILE_ROOTS: directory };
    const server = await ServerProcess.start({ ...site, build, environment });
    servers.push(server);
    return server;
  }
});

interface Site {
  readonly databaseUrl: string;
  readonly dataDirectory: string;
}

function placeAt(directory: string, index: number, databaseUrl: string): Site {
  const dataDirectory = join(directory, `data-${index}`);
  mkdirSync(dataDirectory);
  return { databaseUrl, dataDirectory };
}

function run(build: Build, site: Site, word: string[]) {
  return runServer({ ...site, build, word });
}
