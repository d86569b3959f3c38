import { until } from "@evertrack/engine/testing";
import { readNvdRecord, readOsvAdvisory } from "@evertrack/matching";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { advisory } from "../testing.ts";
import { cve } from "../testing-nvd.ts";
import { storeAdvisories } from "./store-advisories.ts";
import { storeNvdRecords } from "./store-nvd-records.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

const ID = "CVE-2026-0001";
const digest = () => crypto.randomUUID().replaceAll("-", "");

/** What the mirror of OSV does with a record named as a CVE. */
function storeOsv(ownedSources: string[], members: Record<string, unknown> = {}) {
  const read = {
    advisory: readOsvAdvisory(advisory(ID, { summary: "OSV", ...members })),
    digest: digest(),
    known: true,
  };
  const origin = { mirror: "osv", ecosystem: "PyPI", aliases: true, eventId: crypto.randomUUID(), ownedSources };
  return server.database.transaction((tx) => storeAdvisories(tx, origin, [read]));
}

const said = () => seed.rows("select title, description from vulnerability where vuln_id = $1", [ID]);
const packages = () => seed.rows("select package_key from vulnerability_affected");
const FROM_NVD = [{ title: null, description: `Something about ${ID}` }];

test("a CVE that both mirrors insert at the same moment says what NVD says, and has the packages of OSV", async () => {
  let stored: Promise<unknown> | undefined;
  await server.database.transaction(async (tx) => {
    const read = { record: readNvdRecord(cve(ID)), digest: digest() };
    await storeNvdRecords(tx, crypto.randomUUID(), [read]);
    stored = storeOsv(["NVD"]);
    await until("OSV waits for NVD", async () => {
      const waiting = await seed.rows(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%vulnerabilities.upsert%' and datname = current_database()",
      );
      return waiting.length > 0;
    });
  });
  await stored;
  expect([await said(), await packages()]).toEqual([FROM_NVD, [{ package_key: "pypi/sample" }]]);
});

test("what OSV withdraws loses its packages and stays what NVD says", async () => {
  await storeOsv(["NVD"], { withdrawn: "2026-05-01T00:00:00Z" });
  expect([await said(), await packages()]).toEqual([FROM_NVD, []]);
  expect(await seed.rows("select 1 from vulnerability where rejected is not null")).toEqual([]);
});

test("without a mirror of NVD it is OSV's to change", async () => {
  await storeOsv([]);
  expect(await said()).toMatchObject([{ title: "OSV" }]);
});
