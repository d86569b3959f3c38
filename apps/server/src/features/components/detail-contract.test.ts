import { readFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "@evertrack/migrator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appMigrationsDirectory } from "../../boot/init-tasks.ts";
import { planOf, Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { GATES, Gates } from "../upgrades/index.ts";
import { ensureDetails } from "./commands/ensure-details.ts";
import { removeOrphanedDetails } from "./commands/remove-orphans.ts";
import { DETAIL_REMOVAL_GATE } from "./index.ts";
import { componentsJson, insertComponents, updateComponents } from "./store/components.ts";
import { keepDetail } from "./store/details.ts";
import { listOrder } from "./store/listing.ts";
import { readInOrder, readOrder } from "./store/orders.ts";
import { searchComponents } from "./store/search.ts";
import { release030 } from "./testing/details-by-030.ts";

const GUIDE = join(import.meta.dirname, "../../../../../docs/upgrading/release-guides/0.4.0.md");
const PAGE = { column: "i.name", descending: false, offset: 0, limit: 100, searchText: undefined } as const;
const SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

const contract = () =>
  migrate({
    connectionString: server.databaseUrl,
    directory: appMigrationsDirectory,
    component: "app",
    version: "0.4.0",
    phase: "contract",
  });

async function writeBy040(change: typeof insertComponents, project: number, identityId: number, detail: object) {
  const [detailId = -1] = await ensureDetails(server.database, [{ detail: JSON.stringify(detail) }]);
  const row = { key: "", name: "", classifier: "LIBRARY", isInternal: false, contentHash: 2, identityId, licenseId: 0 };
  await server.database.transaction((tx) => change(tx, project, componentsJson([{ ...row, detailId }])));
}

async function detailsOf(project: number): Promise<unknown[]> {
  const { db } = server.database;
  const ids = await readOrder(db, project, listOrder(project, PAGE));
  return (await readInOrder(db, project, ids)).map(({ detail }) => detail);
}

describe("the contract", () => {
  test("stops before anything is lost when a component was left behind", async () => {
    const { id: project } = await seed.project();
    const rows = [{ identityId: await seed.identity(null, { name: "left" }), detail: { description: "left behind" } }];
    await seed.rows(release030.insert, [release030.json(rows), project]);
    await expect(contract()).rejects.toThrow("component_detail_known");
    expect(await seed.rows(release030.read, [project])).toMatchObject([{ detail: { description: "left behind" } }]);
  });

  test("leaves components that are read, searched, written and removed as before, once the guide's cure was applied", async () => {
    const [, cure = ""] = /```sql\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
    for (const statement of cure.split(";\n").filter((text) => text !== "")) await seed.rows(statement);
    expect(await seed.rows("select 1 from component where detail_id is null")).toEqual([]);
    const { id: project } = await seed.project();
    const [a, b] = [await seed.identity(null, { name: "a" }), await seed.identity(null, { name: "b" })];
    await writeBy040(insertComponents, project, a, { hashes: { sha1: SHA1 } });
    await contract();
    await writeBy040(insertComponents, project, b, {});
    expect(await detailsOf(project)).toEqual([{ hashes: { sha1: SHA1 } }, {}]);
    for (const detailsComplete of [false, true]) {
      const hash = { value: SHA1.toUpperCase(), members: ["sha1"] as const, detailsComplete };
      const page = { column: "i.name", descending: false, offset: 0, limit: 10 } as const;
      const found = await searchComponents(server.database.db, { all: true }, { hash }, page);
      expect(found.map(({ name }) => name)).toEqual(["a"]);
      const plan = await planOf(server.database.executor, "components.search", (db) =>
        searchComponents(db, { all: true }, { hash }, page),
      );
      if (detailsComplete) expect(plan, plan).not.toContain("detail_id IS NULL");
    }
    await writeBy040(updateComponents, project, a, { description: "now" });
    expect(await detailsOf(project)).toEqual([{ description: "now" }, {}]);
    await expect(seed.rows("delete from component_detail where content ->> 'description' = 'now'")).rejects.toThrow(
      "foreign key",
    );
  });
});

describe("details", () => {
  test("are removed behind a gate that is declared", () => {
    expect(new Gates(GATES).isOpen(DETAIL_REMOVAL_GATE)).toBe(false);
  });

  const idsOf = (text: string) =>
    seed.rows("select id from component_detail where content ->> 'copyright' = $1", [text]);
  const age = () =>
    seed.rows(
      "update component_detail set orphaned_since = now() - interval '8 days' where orphaned_since is not null",
    );

  test("no component has are removed after a week; those in use, those that are about to be, and the empty ones stay", async () => {
    const [used, unused, wanted, kept] = Array.from({ length: 4 }, () => crypto.randomUUID()) as [
      string,
      string,
      string,
      string,
    ];
    const { id: project } = await seed.project();
    await writeBy040(insertComponents, project, await seed.identity(null, { name: "u" }), { copyright: used });
    const others = [unused, wanted, kept].map((copyright) => ({ detail: JSON.stringify({ copyright }) }));
    await ensureDetails(server.database, others);
    await removeOrphanedDetails(server.database);
    expect(await idsOf(unused)).toHaveLength(1);
    await age();
    await ensureDetails(server.database, others.slice(1, 2));
    await server.database.transaction((tx) => keepDetail(tx, { copyright: kept }));
    await removeOrphanedDetails(server.database);
    const left = [used, unused, wanted, kept].map(async (text) => (await idsOf(text)).length);
    expect(await Promise.all(left)).toEqual([1, 0, 1, 1]);
    expect(await seed.rows("select content from component_detail where id = 0")).toEqual([{ content: {} }]);
  });
});
