import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planOf } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { ensureLicenses } from "./commands/ensure-licenses.ts";
import type { LicenseStatement } from "./rules/inventory.ts";
import { nextPendingComponents } from "./store/pending-components.ts";
import { TwoReleases, textsOf } from "./testing/two-releases.ts";

let server: TestServer;
let releases: TwoReleases;
beforeAll(async () => {
  server = await testServer();
  releases = new TwoReleases(server);
});
afterAll(() => server?.close());

const text = fc.option(
  fc.constantFrom("MIT", "Apache-2.0", "MIT OR Apache-2.0", "", "é\u0001", "https://x.example/l"),
  {
    nil: undefined,
  },
);
const statement = fc.record({ license: text, licenseExpression: text, licenseUrl: text });
const step = fc.oneof(
  fc.record({
    by: fc.constantFrom("0.1.0" as const, "0.2.0" as const),
    change: fc.array(fc.tuple(fc.nat(5), statement)),
  }),
  fc.constant("backfill" as const),
);

const SEED = Number(process.env.SEED ?? 20_261_123);

describe("the two shapes of a component's licence", () => {
  test(`say the same, and what was written last, whichever release wrote and read (seed ${SEED})`, async () => {
    const ids = await releases.newIdentities(6);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const project = await releases.newProject();
        const said = new Map<number, LicenseStatement>();
        for (const one of steps) {
          if (one === "backfill") await releases.backfill(2);
          else {
            const wanted = new Map(one.change.map(([at, license]) => [ids[at] ?? 0, license]));
            const rows = [...wanted].map(([identityId, license]) => ({ ...license, identityId }));
            const [there, missing] = [
              rows.filter((r) => said.has(r.identityId)),
              rows.filter((r) => !said.has(r.identityId)),
            ];
            if (there.length > 0) await releases.write(one.by, "update", project, there);
            if (missing.length > 0) await releases.write(one.by, "insert", project, missing);
            for (const row of rows) said.set(row.identityId, row);
          }
          const expected = [...said].sort(([a], [b]) => a - b).map(([, license]) => textsOf(license));
          expect(await releases.readBy010(project)).toEqual(expected);
          expect(await releases.readBy020(project)).toEqual(expected);
          expect(await releases.shapesThatDiffer()).toBe(0);
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
    await releases.backfill();
    expect(await releases.pending()).toBe(0);
    expect(await releases.shapesThatDiffer()).toBe(0);
  });

  test("old writes refer to a statement that is stored, and wait for the backfill with one that is not", async () => {
    const [a = 0, b = 0, c = 0] = await releases.newIdentities(3);
    const project = await releases.newProject();
    const [known, unknown] = [crypto.randomUUID(), crypto.randomUUID()];
    await ensureLicenses(server.database, [{ license: known }]);
    await releases.write("0.1.0", "insert", project, [
      { identityId: a, license: known },
      { identityId: b, license: unknown },
      { identityId: c },
    ]);
    const ids = () =>
      releases.rows("select license_id as id from component where project_id = $1 order by identity_id", [project]);
    expect(await ids()).toEqual([{ id: expect.any(Number) }, { id: null }, { id: 0 }]);
    await releases.backfill();
    expect(await ids()).toEqual([{ id: expect.any(Number) }, { id: expect.any(Number) }, { id: 0 }]);
  });

  test("imports of both releases and the backfill at once, over the same new statements, meet no deadlock", async () => {
    const ids = await releases.newIdentities(200);
    const texts = Array.from({ length: 40 }, () => crypto.randomUUID());
    const projects = await Promise.all(Array.from({ length: 8 }, () => releases.newProject()));
    const importing = projects.map((project, nth) => {
      const order = nth % 3 === 0 ? texts : texts.toReversed();
      const rows = ids.map((identityId, i) => ({ identityId, license: order[i % order.length] }));
      const changed = rows.toReversed().map((row) => ({ ...row, licenseUrl: row.license }));
      const by = nth % 2 === 0 ? "0.1.0" : "0.2.0";
      return releases.once(async (tx) => {
        await releases.writeIn(tx, by, "insert", project, rows.slice(0, 100));
        await releases.writeIn(tx, by, "insert", project, rows.slice(100));
        await releases.writeIn(tx, by, "update", project, changed);
      });
    });
    await Promise.all([...importing, ...projects.map(() => releases.backfill(7))]);
    await releases.backfill();
    expect(await releases.pending()).toBe(0);
    expect(await releases.shapesThatDiffer()).toBe(0);
    const stored = await releases.rows(
      "select count(*)::int as n from component_license where name = any($1) and url = name",
      [texts],
    );
    expect(stored).toEqual([{ n: texts.length }]);
  });

  test("the backfill passes over a component an import holds, and counts it as remaining", async () => {
    const [a = 0, b = 0] = await releases.newIdentities(2);
    const project = await releases.newProject();
    const license = crypto.randomUUID();
    await releases.write("0.1.0", "insert", project, [
      { identityId: a, license },
      { identityId: b, license },
    ]);
    await server.database.transaction(async (importing) => {
      await releases.writeIn(importing, "0.2.0", "update", project, [{ identityId: a, license: `${license} changed` }]);
      await releases.backfill();
      expect(await releases.pending()).toBe(1);
    });
    expect(await releases.pending()).toBe(0);
    expect(await releases.readBy020(project)).toEqual([
      [`${license} changed`, null, null],
      [license, null, null],
    ]);
  });

  test("what is pending is found by its own index", async () => {
    const walk = await planOf(server.database.executor, "components.nextPendingComponents", (db) =>
      nextPendingComponents(db, "license_id", { projectId: 5, identityId: 5 }, 100),
    );
    expect(walk).toContain("component_license_pending");
  });
});
