import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { graphNodesAfter, readGraphHead } from "../store/graph.ts";
import { type DocumentLinks, GraphCollector } from "./collect-graph.ts";
import { InventoryCollector } from "./collect-inventory.ts";
import { replaceInventory } from "./replace-inventory.ts";

const SEED = Number(process.env.SEED ?? 20_261_123);

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server?.close());

async function rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(sql, values)).rows;
}

let counter = 0;

async function newProject(): Promise<number> {
  const [row] = await rows<{ id: number }>("insert into project (name) values ($1) returning id", [
    `graph-${++counter}`,
  ]);
  return row?.id ?? -1;
}

/** Imports components named so, with what depends on what by place in that list; −1 is the project. */
async function importGraph(projectId: number, names: readonly string[], links: readonly DocumentLinks[]) {
  const collector = await InventoryCollector.open(server.database, projectId);
  await collector.add(names.map((name) => ({ name, classifier: "LIBRARY", isInternal: false, detail: {} })));
  collector.addLinks(links);
  const prepared = await collector.finish();
  await server.database.transaction((tx) => replaceInventory(tx, projectId, prepared));
}

/** The stored graph by names of components; undefined when none is shown. */
async function graphOf(projectId: number) {
  const head = await readGraphHead(server.database.db, projectId);
  if (head === undefined) return undefined;
  const nodes = await graphNodesAfter(server.database.db, projectId, 0, 1_000);
  const identities = await rows<{ id: number; name: string }>("select id, name from component_identity");
  const nameOf = new Map(identities.map(({ id, name }) => [id, name]));
  const names = (ids: number[]) => ids.map((id) => nameOf.get(id) ?? "?").sort();
  const dependsOn = nodes.map(({ identityId, dependsOn: ids }) => [nameOf.get(identityId) ?? "?", names(ids)] as const);
  return {
    direct: names(head.direct),
    complete: head.complete,
    edges: head.edges,
    nodes: Object.fromEntries(dependsOn),
  };
}

const writtenAt = (projectId: number) =>
  rows("select identity_id, xmin::text from component_graph where project_id = $1 order by 1", [projectId]);

describe("the dependency graph of an inventory", () => {
  test("is stored by identity, without the components that depend on nothing", async () => {
    const project = await newProject();
    await importGraph(
      project,
      ["a", "b", "c"],
      [
        { from: -1, to: [0] },
        { from: 0, to: [2, 1, 2] },
        { from: 1, to: [] },
      ],
    );
    expect(await graphOf(project)).toEqual({ direct: ["a"], complete: true, edges: 3, nodes: { a: ["b", "c"] } });
  });

  test("is merged over components that are equal, and no component depends on itself", async () => {
    const project = await newProject();
    await importGraph(
      project,
      ["a", "b", "a", "c"],
      [
        { from: -1, to: [0, 2] },
        { from: 0, to: [1, 2, 0] },
        { from: 2, to: [3] },
        { from: 1, to: [2, -1] },
      ],
    );
    const nodes = { a: ["b", "c"], b: ["a"] };
    expect(await graphOf(project)).toEqual({ direct: ["a"], complete: true, edges: 4, nodes });
  });

  test("is incomplete when nothing is said of the project itself", async () => {
    const project = await newProject();
    await importGraph(project, ["a", "b"], [{ from: 0, to: [1] }]);
    expect(await graphOf(project)).toMatchObject({ direct: [], complete: false, nodes: { a: ["b"] } });
  });

  test("changes with the next document, which writes the nodes that differ only", async () => {
    const project = await newProject();
    const names = ["a", "b", "c", "d"];
    await importGraph(project, names, [
      { from: 0, to: [1] },
      { from: 1, to: [2] },
      { from: 2, to: [3] },
    ]);
    const before = await writtenAt(project);
    await importGraph(project, names, [
      { from: 0, to: [1] },
      { from: 1, to: [3] },
      { from: 3, to: [0] },
    ]);
    expect(await graphOf(project)).toMatchObject({ nodes: { a: ["b"], b: ["d"], d: ["a"] }, edges: 3 });
    const after = await writtenAt(project);
    expect(after).toContainEqual(before[0]);
    expect(after).not.toContainEqual(before[1]);
    await importGraph(project, names, [
      { from: 1, to: [3] },
      { from: 3, to: [0] },
      { from: 0, to: [1] },
    ]);
    expect(await writtenAt(project)).toEqual(after);
  });

  test("is not shown beside an inventory that an older release wrote, and comes back with the next import", async () => {
    const project = await newProject();
    const links = [
      { from: -1, to: [0] },
      { from: 0, to: [1] },
    ];
    await importGraph(project, ["a", "b"], links);
    const [first] = await rows<{ bom_digest: Buffer }>("select bom_digest from project where id = $1", [project]);
    await rows("update project set bom_digest = '\\x00' where id = $1", [project]);
    expect(await graphOf(project)).toBeUndefined();
    await rows("delete from component where project_id = $1", [project]);
    await rows("update project set bom_digest = null where id = $1", [project]);
    await importGraph(project, ["a", "b"], links);
    expect(await graphOf(project)).toMatchObject({ direct: ["a"], nodes: { a: ["b"] } });
    // The older release removes a component and brings it back: the inventory is the same, a node is missing.
    await rows("delete from component_graph where project_id = $1", [project]);
    expect(await rows("select bom_digest from project where id = $1", [project])).toEqual([first]);
    await importGraph(project, ["a", "b"], links);
    expect(await graphOf(project)).toMatchObject({ nodes: { a: ["b"] } });
  });

  test("goes with its components and its project", async () => {
    const project = await newProject();
    await importGraph(
      project,
      ["a", "b"],
      [
        { from: -1, to: [0] },
        { from: 0, to: [1] },
      ],
    );
    await importGraph(project, ["b"], []);
    expect(await graphOf(project)).toEqual({ direct: [], complete: false, edges: 0, nodes: {} });
    await importGraph(
      project,
      ["a", "b"],
      [
        { from: -1, to: [0] },
        { from: 0, to: [1] },
      ],
    );
    await rows("delete from project where id = $1", [project]);
    expect(await rows("select 1 from component_graph where project_id = $1", [project])).toEqual([]);
  });
});

test(`a collected graph is the set of edges between identities (seed ${SEED})`, () => {
  const ordinals = 12;
  const link = fc.record({
    from: fc.integer({ min: -1, max: ordinals - 1 }),
    to: fc.array(fc.integer({ min: -1, max: ordinals - 1 }), { maxLength: 6 }),
  });
  const identities = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: ordinals, maxLength: ordinals });
  fc.assert(
    fc.property(fc.array(link, { maxLength: 10 }), identities, (links, ids) => {
      const collector = new GraphCollector();
      collector.add(links);
      const graph = collector.finish(Int32Array.from(ids));
      const expected = new Set<string>();
      for (const { from, to } of links)
        for (const target of to)
          if (target !== -1 && (from === -1 || ids[from] !== ids[target]))
            expected.add(`${from === -1 ? 0 : ids[from]}>${ids[target]}`);
      const found = [{ identityId: 0, dependsOn: graph.direct }, ...graph.nodes()];
      for (const { dependsOn } of found) expect(dependsOn).toEqual([...new Set(dependsOn)].sort((a, b) => a - b));
      const edges = found.flatMap(({ identityId, dependsOn }) => dependsOn.map((to) => `${identityId}>${to}`));
      expect(new Set(edges)).toEqual(expected);
      expect(graph.edges).toBe(expected.size);
      expect(graph.complete).toBe(links.some(({ from }) => from === -1));
    }),
    { seed: SEED, numRuns: 500 },
  );
});
