import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executorOf, type Tx } from "../../platform/db/index.ts";
import { planOf, Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { ensureDetails } from "./commands/ensure-details.ts";
import { detailBackfill } from "./detail-backfill.ts";
import { componentsJson, insertComponents, updateComponents } from "./store/components.ts";
import { listOrder } from "./store/listing.ts";
import { readInOrder, readOrder } from "./store/orders.ts";
import { nextPendingComponents } from "./store/pending-components.ts";
import { release030 } from "./testing/details-by-030.ts";

const SEED = Number(process.env.SEED ?? 20_261_123);
const PAGE = { column: "i.name", descending: false, offset: 0, limit: 1_000, searchText: undefined } as const;
const SHAPES_DIFFER = `select c.uuid from component c left join component_detail d on d.id = c.detail_id
  where c.detail_id is not null and d.content is distinct from coalesce(c.detail, '{}')`;

type Releases = "0.3.0" | "0.4.0";
interface Row {
  identityId: number;
  detail: object;
}

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

async function newIdentities(count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(await seed.identity(null, { name: `n${1_000_000 + i}` }));
  return ids.sort((a, b) => a - b);
}

const newProject = async () => (await seed.project()).id;

/** A transaction that must not have to be tried again, as one that is ended to resolve a deadlock is. */
async function once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  let attempts = 0;
  return server.database.transaction((tx) => {
    if (++attempts > 1) throw new Error("the transaction was ended by another one");
    return work(tx);
  });
}

async function writeIn(tx: Tx, by: Releases, change: "insert" | "update", project: number, rows: readonly Row[]) {
  if (by === "0.3.0") {
    await executorOf(tx).query(release030[change], [release030.json(rows), project]);
    return;
  }
  const ids = await ensureDetails(
    server.database,
    rows.map(({ detail }) => ({ detail: JSON.stringify(detail) })),
  );
  const rest = { key: "", name: "", classifier: "LIBRARY", isInternal: false, licenseId: 0, contentHash: 2 };
  const json = componentsJson(
    rows.map((row, at) => ({ ...rest, identityId: row.identityId, detailId: ids[at] ?? -1 })),
  );
  await (change === "insert" ? insertComponents : updateComponents)(tx, project, json);
}

const write = (...what: [Releases, "insert" | "update", number, readonly Row[]]) => once((tx) => writeIn(tx, ...what));

async function backfill(limit = 100): Promise<void> {
  for (let cursor: unknown = null; ; ) {
    const from = cursor as Parameters<typeof detailBackfill.batch>[1];
    cursor = (await once((tx) => detailBackfill.batch(tx, from, limit))).cursor;
    if (cursor === null) return;
  }
}

const pending = () => detailBackfill.remaining(server.database.db);

async function readBy030(project: number): Promise<object[]> {
  return (await seed.rows<{ detail: object }>(release030.read, [project])).map(({ detail }) => detail);
}

async function readBy040(project: number): Promise<unknown[]> {
  const { db } = server.database;
  const ids = await readOrder(db, project, listOrder(project, PAGE));
  return (await readInOrder(db, project, ids)).map(({ detail }) => detail);
}

const detail = fc.constantFrom<object>(
  {},
  { description: "a" },
  { description: 'é"\\ \u2028' },
  { hashes: { sha1: "aa", md5: "bb" } },
  { hashes: { md5: "bb", sha1: "aa" } },
  { authors: [{ name: "x" }], properties: [{ name: "p", value: "" }] },
);
const step = fc.oneof(
  fc.record({
    by: fc.constantFrom("0.3.0" as const, "0.4.0" as const),
    change: fc.array(fc.tuple(fc.nat(5), detail)),
  }),
  fc.constant("backfill" as const),
);

describe("the two shapes of a component's details", () => {
  test(`say the same, and what was written last, whichever release wrote and read (seed ${SEED})`, async () => {
    const ids = await newIdentities(6);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const project = await newProject();
        const said = new Map<number, object>();
        for (const one of steps) {
          if (one === "backfill") await backfill(2);
          else {
            const rows = [...new Map(one.change.map(([at, content]) => [ids[at] ?? 0, content]))].map(
              ([identityId, content]) => ({ identityId, detail: content }),
            );
            const there = rows.filter(({ identityId }) => said.has(identityId));
            const missing = rows.filter(({ identityId }) => !said.has(identityId));
            if (there.length > 0) await write(one.by, "update", project, there);
            if (missing.length > 0) await write(one.by, "insert", project, missing);
            for (const row of rows) said.set(row.identityId, row.detail);
          }
          const expected = [...said].sort(([a], [b]) => a - b).map(([, content]) => content);
          expect(await readBy030(project)).toEqual(expected);
          expect(await readBy040(project)).toEqual(expected);
          expect(await seed.rows(SHAPES_DIFFER)).toEqual([]);
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
    await backfill();
    expect(await pending()).toBe(0);
    expect(await seed.rows(SHAPES_DIFFER)).toEqual([]);
  });

  test("imports of both releases and the backfill at once, over the same new details, meet no deadlock", async () => {
    const ids = await newIdentities(200);
    const contents = Array.from({ length: 40 }, () => ({ description: crypto.randomUUID() }));
    const projects = await Promise.all(Array.from({ length: 8 }, newProject));
    const importing = projects.map((project, nth) => {
      const order = nth % 3 === 0 ? contents : contents.toReversed();
      const rows = ids.map((identityId, i) => ({ identityId, detail: order[i % order.length] ?? {} }));
      const changed = rows.toReversed().map((row) => ({ ...row, detail: { ...row.detail, copyright: "c" } }));
      const by = nth % 2 === 0 ? "0.3.0" : "0.4.0";
      return once(async (tx) => {
        await writeIn(tx, by, "insert", project, rows.slice(0, 100));
        await writeIn(tx, by, "insert", project, rows.slice(100));
        await writeIn(tx, by, "update", project, changed);
      });
    });
    await Promise.all([...importing, ...projects.map(() => backfill(7))]);
    await backfill();
    expect(await pending()).toBe(0);
    expect(await seed.rows(SHAPES_DIFFER)).toEqual([]);
    const stored = await seed.rows("select 1 from component_detail where content ->> 'description' = any($1)", [
      contents.map(({ description }) => description),
    ]);
    expect(stored).toHaveLength(2 * contents.length);
  });

  test("the backfill passes over a component an import holds, and counts it as remaining", async () => {
    const [a = 0, b = 0] = await newIdentities(2);
    const project = await newProject();
    const [first, last] = [{ description: crypto.randomUUID() }, { description: crypto.randomUUID() }];
    await write("0.3.0", "insert", project, [
      { identityId: a, detail: first },
      { identityId: b, detail: first },
    ]);
    await server.database.transaction(async (importing) => {
      await writeIn(importing, "0.4.0", "update", project, [{ identityId: a, detail: last }]);
      await backfill();
      expect(await pending()).toBe(1);
    });
    expect(await pending()).toBe(0);
    expect(await readBy040(project)).toEqual([last, first]);
  });

  test("what is pending is found by its own index", async () => {
    const walk = await planOf(server.database.executor, "components.nextPendingComponents", (db) =>
      nextPendingComponents(db, "detail_id", { projectId: 5, identityId: 5 }, 100),
    );
    expect(walk).toContain("component_detail_pending");
  });
});
