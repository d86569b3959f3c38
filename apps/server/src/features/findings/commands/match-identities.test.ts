import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { MATCH_BATCH_SIZE, matchIdentities } from "./match-identities.ts";
import { verifyMatches } from "./verify-matches.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

let counter = 0;
/** A package nobody else in this file uses. */
const freshPackage = () => `p${++counter}`;
const match = (...identityIds: number[]) => server.database.transaction((tx) => matchIdentities(tx, identityIds));
const stored = (identityId: number) =>
  seed.rows<{ vulnerability_id: number; severity: number; cvss: number; first_seen: Date; published: Date }>(
    "select * from vulnerability_match where identity_id = $1 order by vulnerability_id",
    [identityId],
  );
const BELOW_2 = [{ introduced: "0", fixed: "2.0.0" }];

describe("matching identities", () => {
  test("adds what affects them and tells what was added; a second time it changes nothing", async () => {
    const name = freshPackage();
    const [affected, fixed] = [
      await seed.identity(`pkg:npm/${name}@1.0.0`),
      await seed.identity(`pkg:npm/${name}@2.0.0`),
    ];
    const vulnerabilityId = await seed.advisory({ id: `A-${name}`, packageKey: `npm/${name}`, ranges: BELOW_2 });
    const added = [{ vulnerabilityId, identityId: affected }];
    expect(await match(affected, fixed)).toEqual({ added, removed: [] });
    expect(await match(affected, fixed)).toEqual({ added: [], removed: [] });
    expect(await stored(fixed)).toEqual([]);
    expect(
      await seed.rows("select 1 from identity_match_state where identity_id = any($1)", [[affected, fixed]]),
    ).toHaveLength(2);
  });

  test("retracts what is withdrawn, narrowed or moved to another package", async () => {
    const name = freshPackage();
    const identityId = await seed.identity(`pkg:npm/${name}@1.0.0`);
    const base = { packageKey: `npm/${name}`, ranges: BELOW_2 };
    const ids: number[] = [];
    for (const kind of ["withdrawn", "narrowed", "moved", "stays"])
      ids.push(await seed.advisory({ ...base, id: `${kind}-${name}` }));
    expect((await match(identityId)).added).toHaveLength(4);
    await seed.advisory({ ...base, id: `withdrawn-${name}`, rejected: true });
    await seed.advisory({ ...base, id: `narrowed-${name}`, ranges: [{ introduced: "0", fixed: "1.0.0" }] });
    await seed.advisory({ ...base, id: `moved-${name}`, packageKey: `npm/other-${name}` });
    const { added, removed } = await match(identityId);
    expect(added).toEqual([]);
    expect(removed.map(({ vulnerabilityId }) => vulnerabilityId).sort()).toEqual(ids.slice(0, 3).sort());
    expect((await stored(identityId)).map(({ vulnerability_id }) => vulnerability_id)).toEqual(ids.slice(3));
  });

  test("refreshes the copied sort keys, keeps first_seen, and does not call it an addition", async () => {
    const name = freshPackage();
    const identityId = await seed.identity(`pkg:npm/${name}@1.0.0`);
    const advisory = { id: `A-${name}`, packageKey: `npm/${name}`, ranges: BELOW_2 };
    await seed.advisory({ ...advisory, severity: 2, cvss: 3.5 });
    await match(identityId);
    const [before] = await stored(identityId);
    const published = new Date("2026-05-05T00:00:00Z");
    await seed.advisory({ ...advisory, severity: 5, cvss: 9.8, published });
    expect(await match(identityId)).toEqual({ added: [], removed: [] });
    const [after] = await stored(identityId);
    expect(after).toMatchObject({ severity: 5, cvss: 9.8, published, first_seen: before?.first_seen });
  });

  test("leaves matches of identities it was not asked about, and those another analyzer reports", async () => {
    const name = freshPackage();
    const [asked, other] = [await seed.identity(`pkg:npm/${name}@1.0.0`), await seed.identity(`pkg:npm/${name}@1.0.1`)];
    const advisory = { id: `A-${name}`, packageKey: `npm/${name}`, ranges: BELOW_2 };
    const vulnerabilityId = await seed.advisory(advisory);
    await match(asked, other);
    await seed.rows("update vulnerability_match set analyzers = '{internal,other}' where identity_id = $1", [asked]);
    await seed.advisory({ ...advisory, rejected: true });
    expect(await match(asked)).toEqual({ added: [], removed: [] });
    expect(await stored(other)).toHaveLength(1);
    expect(await match(other)).toEqual({ added: [], removed: [{ vulnerabilityId, identityId: other }] });
    await seed.rows("delete from vulnerability_match where identity_id = $1", [asked]);
  });

  test("passes over identities that are gone or name no package", async () => {
    const nameless = await seed.identity(null, { name: freshPackage(), version: "1" });
    expect(await match(2_000_000_000, nameless)).toEqual({ added: [], removed: [] });
    expect(await seed.rows("select 1 from identity_match_state where identity_id = $1", [nameless])).toHaveLength(1);
  });

  test("refuses more than a batch at a time", async () => {
    const tooMany = Array.from({ length: MATCH_BATCH_SIZE + 1 }, (_, index) => index);
    await expect(match(...tooMany)).rejects.toThrow(`at most ${MATCH_BATCH_SIZE} identities`);
  });

  test("handles more packages than are read at one time", async () => {
    const prefix = freshPackage();
    const identities: number[] = [];
    for (let index = 0; index < 501; index++) identities.push(await seed.identity(`pkg:npm/${prefix}-${index}@1.0.0`));
    const last = await seed.advisory({ id: `L-${prefix}`, packageKey: `npm/${prefix}-500`, ranges: BELOW_2 });
    const first = await seed.advisory({ id: `F-${prefix}`, packageKey: `npm/${prefix}-0`, ranges: BELOW_2 });
    const { added } = await match(...identities);
    expect(added.map(({ vulnerabilityId }) => vulnerabilityId).sort()).toEqual([last, first].sort());
  });

  test("waits for nobody but callers with the same identities", async () => {
    const [one, two] = [
      await seed.identity(`pkg:npm/${freshPackage()}@1`),
      await seed.identity(`pkg:npm/${freshPackage()}@1`),
    ];
    await server.database.transaction(async (tx) => {
      await matchIdentities(tx, [one]);
      expect(await match(two)).toEqual({ added: [], removed: [] });
    });
  });

  test("holds identities, so that orphan removal leaves them until the matches are committed", async () => {
    const identityId = await seed.identity(`pkg:npm/${freshPackage()}@1`);
    await server.database.transaction(async (tx) => {
      await matchIdentities(tx, [identityId]);
      const free = await seed.rows("select 1 from component_identity where id = $1 for update skip locked", [
        identityId,
      ]);
      expect(free).toEqual([]);
    });
  });
});

describe("verifying matches", () => {
  test("finds nothing where matching was right, and each kind of difference where it was not", async () => {
    expect((await verifyMatches(server.database)).differences).toEqual([]);
    const name = freshPackage();
    const identityId = await seed.identity(`pkg:npm/${name}@1.0.0`);
    const advisory = { packageKey: `npm/${name}`, ranges: BELOW_2 };
    const missing = await seed.advisory({ ...advisory, id: `missing-${name}` });
    const superfluous = await seed.advisory({ ...advisory, id: `superfluous-${name}` });
    const outdated = await seed.advisory({ ...advisory, id: `outdated-${name}`, severity: 2 });
    await match(identityId);
    await seed.rows("delete from vulnerability_match where vulnerability_id = $1", [missing]);
    await seed.advisory({ ...advisory, id: `superfluous-${name}`, rejected: true });
    await seed.advisory({ ...advisory, id: `outdated-${name}`, severity: 5 });
    const { differences, identities, matches } = await verifyMatches(server.database);
    expect(differences.sort((a, b) => a.vulnerabilityId - b.vulnerabilityId)).toEqual([
      { vulnerabilityId: missing, identityId, difference: "missing" },
      { vulnerabilityId: superfluous, identityId, difference: "superfluous" },
      { vulnerabilityId: outdated, identityId, difference: "outdated" },
    ]);
    expect([identities > 500, matches > 0]).toEqual([true, true]);
    await match(identityId);
    expect((await verifyMatches(server.database)).differences).toEqual([]);
  });

  test("sees identities of projects that were never matched", async () => {
    const name = freshPackage();
    const identityId = await seed.identity(`pkg:npm/${name}@1.0.0`);
    const vulnerabilityId = await seed.advisory({ id: `A-${name}`, packageKey: `npm/${name}`, ranges: BELOW_2 });
    expect((await verifyMatches(server.database)).differences, "in no project: nobody waits for it").toEqual([]);
    await seed.component((await seed.project()).id, identityId);
    const { differences } = await verifyMatches(server.database);
    expect(differences).toEqual([{ vulnerabilityId, identityId, difference: "missing" }]);
  });
});
