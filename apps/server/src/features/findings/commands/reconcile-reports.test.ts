import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { openTestDatabase } from "../../vulnerabilities/testing.ts";
import { matchIdentities } from "./match-identities.ts";
import { reconcileReports } from "./reconcile-reports.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let seed: Seed;
let identityId: number;
let vulnerabilityId: number;
beforeAll(async () => {
  opened = await openTestDatabase();
  seed = new Seed(opened.database.executor);
});
afterAll(() => opened?.drop());
beforeEach(async () => {
  await seed.rows("truncate component_identity, vulnerability cascade");
  identityId = await seed.identity("pkg:npm/one@1.0.0");
  vulnerabilityId = await seed.advisory({ id: "CVE-2026-1", source: "NVD", packageKey: "npm/other" });
});

const EARLY = new Date("2026-01-01T00:00:00Z");
const LATE = new Date("2026-01-02T00:00:00Z");
const match = () => opened.database.transaction((tx) => matchIdentities(tx, [identityId]));
/** Says of the identity what an analyzer answered at a time. */
const tell = (analyzer: string, asOf: Date, ...vulnerabilityIds: number[]) =>
  opened.database.transaction((tx) =>
    reconcileReports(tx, analyzer, [
      { identityId, asOf, reports: vulnerabilityIds.map((id) => ({ vulnerabilityId: id, referenceUrl: null })) },
    ]),
  );
const matches = () => seed.rows("select vulnerability_id as id, analyzers from vulnerability_match order by 1");

test("an answer that is older than the last one neither retracts nor brings back", async () => {
  await match();
  await tell("a", LATE, vulnerabilityId);
  expect(await tell("a", EARLY)).toEqual({ added: [], removed: [] });
  expect(await matches()).toEqual([{ id: vulnerabilityId, analyzers: ["a"] }]);
  await tell("a", new Date(LATE.getTime() + 1));
  await tell("a", LATE, vulnerabilityId);
  expect(await matches()).toEqual([]);
});

test("an answer told twice changes nothing the second time", async () => {
  await match();
  expect(await tell("a", EARLY, vulnerabilityId)).toEqual({ added: [{ identityId, vulnerabilityId }], removed: [] });
  const rows = () =>
    seed.rows(
      "select xmin::text, ctid::text from analyzer_report union all select xmin::text, ctid::text from vulnerability_match",
    );
  const before = await rows();
  expect(await tell("a", EARLY, vulnerabilityId)).toEqual({ added: [], removed: [] });
  expect(await rows()).toEqual(before);
});

test("of two analyzers each takes back only what it said itself", async () => {
  await match();
  await tell("a", EARLY, vulnerabilityId);
  expect(await tell("b", EARLY, vulnerabilityId)).toEqual({ added: [], removed: [] });
  expect(await matches()).toEqual([{ id: vulnerabilityId, analyzers: ["a", "b"] }]);
  expect(await tell("a", LATE)).toEqual({ added: [], removed: [] });
  expect(await matches()).toEqual([{ id: vulnerabilityId, analyzers: ["b"] }]);
  expect(await tell("b", LATE)).toEqual({ added: [], removed: [{ identityId, vulnerabilityId }] });
});

test("an identity that was never matched is left alone, so that its own analysis still matches it", async () => {
  expect(await tell("a", EARLY, vulnerabilityId)).toEqual({ added: [], removed: [] });
  expect(await seed.rows("select from identity_match_state")).toEqual([]);
  expect(await seed.rows("select from analyzer_answer")).toEqual([]);
});

test("matching again leaves what only an analyzer reports", async () => {
  await match();
  await tell("a", EARLY, vulnerabilityId);
  expect(await match()).toEqual({ added: [], removed: [] });
  expect(await matches()).toEqual([{ id: vulnerabilityId, analyzers: ["a"] }]);
});
