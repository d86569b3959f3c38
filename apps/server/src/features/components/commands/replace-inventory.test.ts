import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import type { InventoryComponent } from "../rules/inventory.ts";
import { insertComponents } from "../store/components.ts";
import { sharedIdentities } from "../store/shared-rows.ts";
import { InventoryCollector, type PreparedInventory } from "./collect-inventory.ts";
import { removeOrphanedIdentities } from "./remove-orphans.ts";
import { replaceInventory } from "./replace-inventory.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());

let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

async function rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(sql, values)).rows;
}

async function newProject(): Promise<number> {
  const [row] = await rows<{ id: number }>("insert into project (name) values ($1) returning id", [fresh("project")]);
  return row?.id ?? -1;
}

function inventoryOf(names: readonly string[], copyright?: string): InventoryComponent[] {
  const detail = copyright === undefined ? {} : { copyright };
  return names.map((name) => ({ name, classifier: "LIBRARY", isInternal: false, detail }));
}

async function prepare(projectId: number, inventory: readonly InventoryComponent[]): Promise<PreparedInventory> {
  const collector = await InventoryCollector.open(server.database, projectId);
  await collector.add(inventory);
  return collector.finish();
}

async function replace(projectId: number, inventory: readonly InventoryComponent[]) {
  const prepared = await prepare(projectId, inventory);
  return server.database.transaction((tx) => replaceInventory(tx, projectId, prepared));
}

const namesOf = async (projectId: number) =>
  (
    await rows<{ name: string }>(
      "select i.name from component c join component_identity i on i.id = c.identity_id where c.project_id = $1 order by 1",
      [projectId],
    )
  ).map(({ name }) => name);

const age = (name: string) =>
  rows("update component_identity set orphaned_since = now() - interval '8 days' where name = $1", [name]);

const exists = async (name: string) =>
  (await rows("select 1 from component_identity where name = $1", [name])).length > 0;

describe("replacing an inventory", () => {
  test("tells what was added, changed, removed and left alone", async () => {
    const project = await newProject();
    const [a, b, c, d] = [fresh("n"), fresh("n"), fresh("n"), fresh("n")];
    const first = await replace(project, inventoryOf([a, b, c]));
    expect(first).toMatchObject({ updated: 0, removed: 0, unchanged: 0 });
    expect(first?.added).toHaveLength(3);
    const again = await replace(project, inventoryOf([c, b, a]));
    expect(again).toEqual({ added: [], updated: 0, removed: 0, unchanged: 3 });
    const mixed = inventoryOf([a, d]);
    mixed.push({ name: b, classifier: "FRAMEWORK", isInternal: false, detail: {} });
    expect(await replace(project, mixed)).toMatchObject({ updated: 1, removed: 1, unchanged: 1 });
    expect(await namesOf(project)).toEqual([a, b, d].sort());
    expect(await rows("select component_count from project where id = $1", [project])).toEqual([
      { component_count: 3 },
    ]);
  });

  test("rolled back with its transaction leaves the inventory and its digest", async () => {
    const project = await newProject();
    const name = fresh("n");
    await replace(project, inventoryOf([name]));
    const prepared = await prepare(project, inventoryOf([fresh("n")]));
    const failing = server.database.transaction(async (tx) => {
      await replaceInventory(tx, project, prepared);
      throw new Error("undone");
    });
    await expect(failing).rejects.toThrow("undone");
    expect(await namesOf(project)).toEqual([name]);
    expect((await replace(project, inventoryOf([name])))?.unchanged).toBe(1);
  });

  test("of a project that is gone tells so", async () => {
    const prepared = await prepare(2_000_000_000, inventoryOf([fresh("n")]));
    expect(await server.database.transaction((tx) => replaceInventory(tx, 2_000_000_000, prepared))).toBeUndefined();
  });

  test("prepared as unchanged does not pass for one after another import came in between", async () => {
    const project = await newProject();
    const [old, other] = [inventoryOf([fresh("n")]), inventoryOf([fresh("n")])];
    await replace(project, old);
    const prepared = await prepare(project, old);
    await replace(project, other);
    const late = server.database.transaction((tx) => replaceInventory(tx, project, prepared));
    await expect(late).rejects.toThrow("another import");
  });

  test("imports that bring the same new identities in any order at once neither fail nor double them", async () => {
    const names = Array.from({ length: 2_000 }, () => fresh("shared"));
    const projects = await Promise.all(Array.from({ length: 6 }, newProject));
    await Promise.all(
      projects.map((project, i) => replace(project, inventoryOf(i % 2 === 0 ? names : names.toReversed()))),
    );
    for (const project of projects) expect(await namesOf(project)).toEqual([...names].sort());
    expect(await rows("select count(*)::int as n from component_identity where name = any($1)", [names])).toEqual([
      { n: names.length },
    ]);
  });

  test("an unchanged import uses up no identity numbers", async () => {
    const project = await newProject();
    const names = [fresh("n"), fresh("n")];
    await replace(project, inventoryOf(names, "1"));
    const last = () => rows("select last_value from component_identity_id_seq");
    const before = await last();
    await replace(project, inventoryOf(names, "2"));
    expect(await last()).toEqual(before);
  });
});

describe("identities without components", () => {
  test("are kept for a week, then removed", async () => {
    const project = await newProject();
    const name = fresh("orphan");
    await replace(project, inventoryOf([name]));
    await replace(project, inventoryOf([]));
    await removeOrphanedIdentities(server.database);
    expect(await exists(name)).toBe(true);
    await age(name);
    await removeOrphanedIdentities(server.database);
    expect(await exists(name)).toBe(false);
  });

  test("stay when they were marked but have a component by now", async () => {
    const project = await newProject();
    const name = fresh("marked");
    await replace(project, inventoryOf([name]));
    await age(name);
    await removeOrphanedIdentities(server.database);
    expect(await exists(name)).toBe(true);
    expect(await rows("select orphaned_since from component_identity where name = $1", [name])).toEqual([
      { orphaned_since: null },
    ]);
  });

  test("stay when an import is about to use them", async () => {
    const project = await newProject();
    const name = fresh("returning");
    await replace(project, inventoryOf([name]));
    await replace(project, inventoryOf([]));
    await age(name);
    const prepared = await prepare(project, inventoryOf([name]));
    await removeOrphanedIdentities(server.database);
    await server.database.transaction((tx) => replaceInventory(tx, project, prepared));
    expect(await namesOf(project)).toEqual([name]);
  });

  test("are passed over while an import holds them", async () => {
    const project = await newProject();
    const name = fresh("held");
    await replace(project, inventoryOf([name]));
    await replace(project, inventoryOf([]));
    await age(name);
    const other = await newProject();
    const [identity] = await rows<{ id: number }>("select id from component_identity where name = $1", [name]);
    await server.database.transaction(async (importing) => {
      await insertComponents(
        importing,
        other,
        JSON.stringify([{ i: identity?.id, c: "LIBRARY", n: false, l: 0, h: 1, d: 0 }]),
      );
      const locked = await server.database.transaction((tx) => sharedIdentities.lockOld(tx, 0, 7, 1_000));
      expect(locked).not.toContain(identity?.id);
    });
    expect(await exists(name)).toBe(true);
  });
});
