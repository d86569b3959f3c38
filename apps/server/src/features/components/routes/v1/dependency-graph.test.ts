import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, type Refusable, UNKNOWN } from "../../testing.ts";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

const ROUTES: Record<string, Refusable> = {
  roots: {
    method: "GET",
    path: ({ project }) => `/api/v1/dependencyGraph/project/${project}/directDependencies`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  children: {
    method: "GET",
    path: ({ component }) => `/api/v1/dependencyGraph/component/${component}/directDependencies`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  expanded: {
    method: "GET",
    path: ({ project, component }) => `/api/v1/component/project/${project}/dependencyGraph/${component}`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  paths: {
    method: "GET",
    path: ({ component }) => `/api/v2/components/${component}/paths`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
};

describe.each(Object.entries(ROUTES))("%s", (_, route) => {
  test("refuses who may not and what is not there", () => expectRefusals(server, route));
  test("refuses other teams' projects", () => expectIsolation(server, route));
});

/** The project depends on a and b; a on c, b on c and d, c on e, e on c again. */
describe("a graph", () => {
  const names = ["a", "b", "c", "d", "e"] as const;
  type Name = (typeof names)[number];
  let project: { id: number; uuid: string };
  let uuids: Record<Name, string>;

  beforeEach(async () => {
    project = await seed.project();
    const ids = {} as Record<Name, number>;
    uuids = {} as Record<Name, string>;
    for (const name of names) {
      ids[name] = await seed.identity(`pkg:npm/${name}@1`);
      uuids[name] = (await seed.component(project.id, ids[name])).uuid;
    }
    await seed.rows("update project set bom_digest = 'x' where id = $1", [project.id]);
    await seed.rows("insert into project_graph values ($1, $2, true, 6, 'd', 'x')", [project.id, [ids.a, ids.b]]);
    const edges: [Name, Name[]][] = [
      ["a", ["c"]],
      ["b", ["c", "d"]],
      ["c", ["e"]],
      ["e", ["c"]],
    ];
    for (const [from, to] of edges)
      await seed.rows("insert into component_graph values ($1, $2, $3)", [
        project.id,
        ids[from],
        to.map((name) => ids[name]).sort((x, y) => x - y),
      ]);
  });

  const get = async (path: string) => {
    const answer = await server.request("GET", path, { key });
    expect(answer.statusCode, answer.payload).toBe(200);
    return answer.json();
  };
  const nameOf = (uuid: string) => names.find((name) => uuids[name] === uuid) ?? "?";
  const namesIn = (text: string | undefined) =>
    text === undefined ? undefined : (JSON.parse(text) as { uuid: string }[]).map(({ uuid }) => nameOf(uuid));
  type Node = { name: string; directDependencies?: string };
  const roots = () => get(`/api/v1/dependencyGraph/project/${project.uuid}/directDependencies`) as Promise<Node[]>;

  test("is walked from its roots, each with what it depends on", async () => {
    const shown = (nodes: Node[]) => nodes.map((node) => [node.name, namesIn(node.directDependencies)]);
    expect(shown(await roots())).toEqual([
      ["a", ["c"]],
      ["b", ["c", "d"]],
    ]);
    const children = await get(`/api/v1/dependencyGraph/component/${uuids.b}/directDependencies`);
    expect(shown(children)).toEqual([
      ["c", ["e"]],
      ["d", undefined],
    ]);
  });

  test("is told of by the project and by single components", async () => {
    const { directDependencies } = await get(`/api/v1/project/${project.uuid}`);
    expect(JSON.parse(directDependencies)[0]).toEqual({
      uuid: uuids.a,
      name: "a",
      version: "1",
      purl: "pkg:npm/a@1",
      objectType: "COMPONENT",
    });
    expect(namesIn(directDependencies)).toEqual(["a", "b"]);
    expect(namesIn((await get(`/api/v1/component/${uuids.b}`)).directDependencies)).toEqual(["c", "d"]);
    expect((await get(`/api/v1/component/${uuids.d}`)).directDependencies).toBeUndefined();
  });

  test("is opened where it leads to what is looked for", async () => {
    type Shown = Record<string, { expandDependencyGraph: boolean; dependencyGraph?: string[] }>;
    const graph: Shown = await get(`/api/v1/component/project/${project.uuid}/dependencyGraph/${uuids.d}`);
    const shown = Object.entries(graph).map(([uuid, node]) => [
      nameOf(uuid),
      node.expandDependencyGraph,
      node.dependencyGraph?.map(nameOf),
    ]);
    expect(shown.sort()).toEqual([
      ["a", false, undefined],
      ["b", true, ["c", "d"]],
      ["c", false, undefined],
      ["d", false, undefined],
    ]);
    const both: Shown = await get(`/api/v1/component/project/${project.uuid}/dependencyGraph/${uuids.a}|${uuids.e}`);
    expect(Object.keys(both).map(nameOf).sort()).toEqual([...names]);
    const missing = `/api/v1/component/project/${project.uuid}/dependencyGraph/${uuids.a}|${UNKNOWN}`;
    expect((await server.request("GET", missing, { key })).statusCode).toBe(404);
  });

  test("tells how a component got in, shortest ways first", async () => {
    type Paths = { paths: { uuid: string }[][] };
    const paths = async (name: Name, query = "") => {
      const { paths: found, ...rest } = (await get(`/api/v2/components/${uuids[name]}/paths${query}`)) as Paths;
      return { ...rest, paths: found.map((path) => path.map(({ uuid }) => nameOf(uuid)).join("")) };
    };
    expect(await paths("e")).toEqual({ graph: "COMPLETE", direct: false, truncated: false, paths: ["ace", "bce"] });
    expect(await paths("e", "?limit=1")).toMatchObject({ truncated: true, paths: ["ace"] });
    expect(await paths("a")).toMatchObject({ direct: true, paths: ["a"] });
    expect((await server.request("GET", `/api/v2/components/${uuids.a}/paths?limit=0`, { key })).statusCode).toBe(400);
  });

  test("of an earlier inventory is not shown", async () => {
    await seed.rows("update project set bom_digest = 'y' where id = $1", [project.id]);
    expect(await roots()).toEqual([]);
    expect(await get(`/api/v1/project/${project.uuid}`)).not.toHaveProperty("directDependencies");
    expect(await get(`/api/v1/component/${uuids.b}`)).not.toHaveProperty("directDependencies");
    expect(await get(`/api/v1/component/project/${project.uuid}/dependencyGraph/${uuids.e}`)).toEqual({});
    expect(await get(`/api/v2/components/${uuids.e}/paths`)).toMatchObject({ graph: "MISSING", paths: [] });
  });

  test("passes over what was deleted", async () => {
    await seed.rows("delete from component where uuid = $1", [uuids.d]);
    expect(namesIn((await roots())[1]?.directDependencies)).toEqual(["c"]);
  });
});
