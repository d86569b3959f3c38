import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replaceIn } from "../harness/build-release.ts";
import { buildOf } from "../harness/derived-build.ts";
import { Fleet } from "../harness/fleet.ts";
import { Random } from "../harness/random.ts";
import { mirrorThroughFaults } from "../harness/traffic/advisories.ts";
import { makeAdvisories, writeBucket } from "../harness/traffic/bom-series.ts";
import { ProjectHistory } from "../harness/traffic/project-history.ts";
import { uploadNext } from "../harness/traffic/upload-next.ts";
import { verifyOutcome } from "../harness/witness/verify-outcome.ts";
import type { Releases } from "./plans/actions.ts";
import { releasePair } from "./plans/release-pair.ts";

/**
 * Tests of the API, and of what it starts, as far as the shape of components goes. EVERTRACK_API_TESTS names others, parted by
 * commas: "routes/v1/,routes/v2/" is everything a client of the old release relies on.
 */
const API_TESTS = process.env.EVERTRACK_API_TESTS?.split(",") ?? [
  "ingestion/routes/v1/bom.test.ts",
  "projects/routes/v1/project.test.ts",
  "findings/routes/v1/finding.test.ts",
  "metrics/routes/v1/metrics.test.ts",
];
const TESTS_MIN = 50;
const PROJECTS = 4;
const API_TESTS_TIMEOUT_MS = 900_000;
const TEST_TIMEOUT_MS = 180_000;

/** The schema the tests of a release begin with is as after an installation: what comes next needs its contract. */
function finalizeInTests(directory: string): void {
  const call =
    'await migrate({ connectionString: url, directory: appMigrationsDirectory, component: "app", version: "test" });';
  const contract = call.replace(" });", ', phase: "contract" });');
  replaceIn(join(directory, "apps/server/src/testing/test-server.ts"), call, `${call}\n  ${contract}`);
}

let releases: Releases;
beforeAll(async () => {
  releases = await releasePair();
});

test("the API tests of the old release pass on the schema of the new one", {
  timeout: API_TESTS_TIMEOUT_MS,
}, async () => {
  const after = releases.new;
  const before = await buildOf(releases.old.version, { patch: finalizeInTests });
  const result = join(before.directory, `api-tests-${process.pid}.json`);
  const vitest = join(before.directory, "node_modules/vitest/vitest.mjs");
  // Their own time-outs are those of a quiet machine.
  const patience = [`--testTimeout=${TEST_TIMEOUT_MS}`, `--hookTimeout=${TEST_TIMEOUT_MS}`];
  const args = [vitest, "run", ...API_TESTS, "--reporter=json", `--outputFile=${result}`, ...patience];
  const child = spawn(process.execPath, args, {
    cwd: before.directory,
    env: { ...process.env, EVERTRACK_TEST_SCHEMA_FROM: after.directory, EVERTRACK_TEST_RUN: crypto.randomUUID() },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: API_TESTS_TIMEOUT_MS,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  expect(status, output.slice(-4_000)).toBe(0);
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(result, "utf8")) as Record<string, number>;
  console.info(`${numPassedTests} API tests of ${before.version} passed on the schema of ${after.version}`);
  expect(numFailedTests).toBe(0);
  expect(numPassedTests).toBeGreaterThan(TESTS_MIN);
});

describe("webs of the old release beside workers of the new one", () => {
  const directory = mkdtempSync(join(tmpdir(), "evertrack-mixed-"));
  let fleet: Fleet;
  beforeAll(async () => {
    const environment = { DT_VULN_DATA_SOURCE_FILE_ROOTS: directory };
    const builds = { webs: releases.old, workers: releases.new };
    fleet = await Fleet.start({ webs: 1, workers: 1, environment, builds });
  });
  afterAll(async () => {
    await fleet?.close();
    rmSync(directory, { recursive: true });
  });

  test("uploads at the old web are processed by the new worker, and the old web shows all of it, licences and findings", async () => {
    const [web] = fleet.webs;
    if (web === undefined) throw new Error("the fleet has no web");
    const admin = fleet.admin.at(web.server.url);
    const random = new Random(1);
    const advisories = makeAdvisories(random).before;
    await mirrorThroughFaults(admin, writeBucket(directory, "osv", advisories));
    const projects = Array.from({ length: PROJECTS }, (_, index) => new ProjectHistory(`mixed-${index}`));
    // The second upload changes what the first has written.
    for (const project of [...projects, ...projects]) await admin.processed(await uploadNext(admin, project, random));
    expect(await verifyOutcome(admin, projects, advisories)).toEqual([]);
    const versions = await fleet.rows("select version from cluster_instance where gone_at is null order by version");
    expect(versions).toEqual([{ version: releases.old.version }, { version: releases.new.version }]);
  });
});
