import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let manager: string;

beforeAll(async () => {
  server = await testServer();
  manager = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

interface Project {
  uuid: string;
  name: string;
  [member: string]: unknown;
}

async function create(body: object, key = manager): Promise<Project> {
  const answer = await server.request("PUT", "/api/v1/project", { key, body });
  expect(answer.statusCode, answer.payload).toBe(201);
  return answer.json<Project>();
}

function call(method: string, path: string, body?: unknown, key = manager) {
  return server.request(method, `/api/v1${path}`, { key, ...(body === undefined ? {} : { body }) });
}

describe("PUT /project", () => {
  test("creates a project and shows it without empty members", async () => {
    const name = fresh("plain");
    const project = await create({ name, version: " 1.0 ", group: "", tags: [{ name: "B" }, { name: "a" }] });
    expect(project).toEqual({
      uuid: project.uuid,
      name,
      version: "1.0",
      classifier: "APPLICATION",
      tags: [{ name: "a" }, { name: "b" }],
      active: true,
      isLatest: false,
    });
    const read = await call("GET", `/project/${project.uuid}`);
    const versions = [{ uuid: project.uuid, version: "1.0", active: true, isLatest: false }];
    expect(read.json()).toEqual({ ...project, versions });
  });

  test("a taken name and version is refused with the known sentence; no version is a version too", async () => {
    for (const version of ["1", undefined]) {
      const body = { name: fresh("twice"), version };
      await create(body);
      const again = await call("PUT", "/project", body);
      expect([again.statusCode, again.payload]).toEqual([409, "A project with the specified name already exists."]);
    }
  });

  test("of two creations at the same time one wins", async () => {
    const body = { name: fresh("race"), version: "1", isLatest: true };
    const answers = await Promise.all([1, 2, 3, 4].map(() => call("PUT", "/project", body)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409, 409]);
  });

  test("PROJECT_CREATED is told with the project", async () => {
    const project = await create({ name: fresh("told"), version: "1" });
    const { rows } = await server.database.executor.query<{ payload: unknown }>(
      "select payload from outbox_event where type = 'PROJECT_CREATED' and subject = $1",
      [project.uuid],
    );
    expect(rows).toEqual([
      { payload: { project: { uuid: project.uuid, name: project.name, version: "1", tags: [], isActive: true } } },
    ]);
  });

  test("what does not fit names its member", async () => {
    for (const [body, path] of [
      [{}, "name"],
      [{ name: "  " }, "name"],
      [{ name: "x".repeat(256) }, "name"],
      [{ name: "bell \u0007" }, "name"],
      [{ name: "x", classifier: "SPACESHIP" }, "classifier"],
      [{ name: "x", parent: {} }, "parent.uuid"],
    ] as const) {
      const answer = await call("PUT", "/project", body);
      expect(answer.statusCode, answer.payload).toBe(400);
      expect(answer.json<{ path: string }[]>()[0]?.path).toBe(path);
    }
  });

  test("nobody and callers without the permission are refused", async () => {
    expect((await server.request("PUT", "/api/v1/project", { body: { name: "x" } })).statusCode).toBe(401);
    const { key } = await server.keyWith(["VIEW_PORTFOLIO"]);
    expect((await call("PUT", "/project", { name: "x" }, key)).statusCode).toBe(403);
  });
});

describe("latest version", () => {
  test("at most one version of a name is the latest, whoever moves the flag at the same time", async () => {
    const name = fresh("latest");
    const bodies = ["1", "2", "3", "4", "5"].map((version) => ({ name, version, isLatest: true }));
    const answers = await Promise.all(bodies.map((body) => call("PUT", "/project", body)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201, 201]);
    const listed = (await call("GET", `/project?name=${name}`)).json<Project[]>();
    expect(listed.filter(({ isLatest }) => isLatest)).toHaveLength(1);
    const latest = (await call("GET", `/project/latest/${name}`)).json<Project>();
    expect(latest.isLatest).toBe(true);
    const other = listed.find(({ isLatest }) => !isLatest);
    expect((await call("PATCH", `/project/${other?.uuid}`, { isLatest: true })).statusCode).toBe(200);
    expect((await call("GET", `/project/latest/${name}`)).json<Project>().uuid).toBe(other?.uuid);
  });

  test("a name without a latest version is not found", async () => {
    const answer = await call("GET", `/project/latest/${fresh("none")}`);
    expect([answer.statusCode, answer.payload]).toEqual([404, "The project could not be found."]);
  });
});

describe("lookup", () => {
  test("finds by exact name and version, and without version only the project without one", async () => {
    const name = fresh("lookup");
    const [one, none] = [await create({ name, version: "1" }), await create({ name })];
    expect((await call("GET", `/project/lookup?name=${name}&version=1`)).json<Project>().uuid).toBe(one.uuid);
    expect((await call("GET", `/project/lookup?name=${name}`)).json<Project>().uuid).toBe(none.uuid);
    expect((await call("GET", `/project/lookup?name=${name}&version=2`)).statusCode).toBe(404);
    expect((await call("GET", "/project/lookup?version=2")).statusCode).toBe(400);
  });
});

describe("GET /project/{uuid}", () => {
  test("an unknown one is 404 with the known sentence, a malformed one 400", async () => {
    const answer = await call("GET", `/project/${UNKNOWN}`);
    expect([answer.statusCode, answer.payload]).toEqual([404, "The project could not be found."]);
    expect((await call("GET", "/project/not-a-uuid")).statusCode).toBe(400);
  });
});

describe("hierarchy", () => {
  test("children are listed, a ring is refused, moved subtrees keep their descendants", async () => {
    const top = await create({ name: fresh("top") });
    const middle = await create({ name: fresh("middle"), parent: { uuid: top.uuid } });
    const leaf = await create({ name: fresh("leaf"), parent: { uuid: middle.uuid } });
    const other = await create({ name: fresh("other") });
    expect(middle.parent).toEqual({ uuid: top.uuid, name: top.name });
    const children = await call("GET", `/project/${top.uuid}/children`);
    expect(children.headers["x-total-count"]).toBe("1");
    expect(children.json<Project[]>()).toMatchObject([{ uuid: middle.uuid, hasChildren: true }]);
    for (const [project, parent, sentence] of [
      [top, leaf, "The new parent project cannot be a child of the current project."],
      [top, top, "A project cannot select itself as a parent"],
    ] as const) {
      const refused = await call("PATCH", `/project/${project.uuid}`, { parent: { uuid: parent.uuid } });
      expect([refused.statusCode, refused.payload]).toEqual([409, sentence]);
    }
    expect((await call("PATCH", `/project/${middle.uuid}`, { parent: { uuid: other.uuid } })).statusCode).toBe(200);
    expect(await ancestorsOf(leaf.uuid)).toEqual([leaf.name, middle.name, other.name]);
    expect(await ancestorsOf(top.uuid)).toEqual([top.name]);
  });

  test("moves in opposite directions at the same time never make a ring", async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await create({ name: fresh("a") }), await create({ name: fresh("b") })];
      const answers = await Promise.all([
        call("PATCH", `/project/${a.uuid}`, { parent: { uuid: b.uuid } }),
        call("PATCH", `/project/${b.uuid}`, { parent: { uuid: a.uuid } }),
      ]);
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
    }
  });

  test("parents must exist and be active; a project with active children stays active", async () => {
    const parent = await create({ name: fresh("parent") });
    const child = await create({ name: fresh("child"), parent: { uuid: parent.uuid } });
    const refused = await call("PATCH", `/project/${parent.uuid}`, { active: false });
    expect([refused.statusCode, refused.payload]).toEqual([
      409,
      "Project cannot be set to inactive if active children are present.",
    ]);
    expect((await call("PATCH", `/project/${child.uuid}`, { active: false })).statusCode).toBe(200);
    expect((await call("PATCH", `/project/${parent.uuid}`, { active: false })).statusCode).toBe(200);
    const below = await call("PUT", "/project", { name: fresh("below"), parent: { uuid: parent.uuid } });
    expect([below.statusCode, below.payload]).toEqual([409, "An inactive Parent cannot be selected as parent"]);
    expect((await call("PUT", "/project", { name: fresh("below"), parent: { uuid: UNKNOWN } })).statusCode).toBe(404);
  });
});

async function ancestorsOf(uuid: string): Promise<string[]> {
  const { rows } = await server.database.executor.query<{ name: string }>(
    `select a.name from project c join project_hierarchy h on h.child_id = c.id join project a on a.id = h.parent_id
     where c.uuid = $1 order by h.depth`,
    [uuid],
  );
  return rows.map(({ name }) => name);
}

describe("PATCH and POST /project", () => {
  test("a patch changes given members only, and nothing at all is 304", async () => {
    const project = await create({
      name: fresh("patched"),
      version: "1",
      description: "before",
      tags: [{ name: "t" }],
    });
    const supplier = { name: "S", urls: ["https://example.org"] };
    const changed = await call("PATCH", `/project/${project.uuid}`, { description: "after", supplier });
    expect(changed.json()).toEqual({ ...project, description: "after", supplier });
    for (const same of [
      {},
      { description: "after" },
      { supplier: { urls: ["https://example.org"], name: "S" } },
      { tags: [{ name: "T" }] },
    ]) {
      expect((await call("PATCH", `/project/${project.uuid}`, same)).statusCode).toBe(304);
    }
    expect((await call("PATCH", `/project/${project.uuid}`, { tags: [] })).json<Project>().tags).toEqual([]);
  });

  test("POST empties what it does not say and keeps the name", async () => {
    const project = await create({
      name: fresh("replaced"),
      version: "1",
      description: "before",
      tags: [{ name: "t" }],
    });
    const answer = await call("POST", "/project", { uuid: project.uuid, version: "2" });
    expect(answer.json()).toEqual({
      uuid: project.uuid,
      name: project.name,
      version: "2",
      tags: [],
      active: true,
      isLatest: false,
    });
  });

  test("renaming to a taken name is refused", async () => {
    const [one, two] = [await create({ name: fresh("one") }), await create({ name: fresh("two") })];
    const answer = await call("PATCH", `/project/${two.uuid}`, { name: one.name });
    expect([answer.statusCode, answer.payload]).toEqual([409, "A project with the specified name already exists."]);
    expect((await call("PATCH", `/project/${UNKNOWN}`, { name: "x" })).statusCode).toBe(404);
    const { key } = await server.keyWith(["VIEW_PORTFOLIO"]);
    expect((await call("PATCH", `/project/${two.uuid}`, { name: "x" }, key)).statusCode).toBe(403);
    expect((await server.request("PATCH", `/api/v1/project/${two.uuid}`, { body: {} })).statusCode).toBe(401);
  });
});

describe("deleting", () => {
  test("a project goes with its children, components and uploads; then it is 404", async () => {
    const top = await create({ name: fresh("doomed") });
    const child = await create({ name: fresh("doomed"), parent: { uuid: top.uuid } });
    expect((await call("DELETE", `/project/${top.uuid}`)).statusCode).toBe(204);
    for (const { uuid } of [top, child]) expect((await call("GET", `/project/${uuid}`)).statusCode).toBe(404);
    expect((await call("DELETE", `/project/${top.uuid}`)).statusCode).toBe(404);
  });

  test("a batch passes over unknown ones", async () => {
    const projects = await Promise.all([1, 2, 3].map(() => create({ name: fresh("batch") })));
    const uuids = [...projects.map(({ uuid }) => uuid), UNKNOWN];
    expect((await call("POST", "/project/batchDelete", uuids)).statusCode).toBe(204);
    expect((await call("GET", `/project/${projects[0]?.uuid}`)).statusCode).toBe(404);
    expect((await call("POST", "/project/batchDelete", [])).statusCode).toBe(400);
  });

  test("a body on DELETE is tolerated, as clients send it", async () => {
    const { uuid } = await create({ name: fresh("bodied") });
    const headers = { "content-type": "application/json;charset=utf-8" };
    const answer = await server.request("DELETE", `/api/v1/project/${uuid}`, { key: manager, headers, body: "{}" });
    expect(answer.statusCode).toBe(204);
  });
});

describe("lists", () => {
  test("pages do not overlap, sort both ways, and the total counts all", async () => {
    const prefix = fresh("page");
    for (let i = 0; i < 7; i++) await create({ name: `${prefix}-${i}`, version: "1" });
    const names = async (query: string) => {
      const answer = await call("GET", `/project?searchText=${prefix}-&${query}`);
      expect(answer.headers["x-total-count"]).toBe("7");
      return answer.json<Project[]>().map(({ name }) => name.at(-1));
    };
    expect(await names("pageNumber=1&pageSize=3")).toEqual(["0", "1", "2"]);
    expect(await names("pageNumber=3&pageSize=3")).toEqual(["6"]);
    expect(await names("offset=2&limit=2")).toEqual(["2", "3"]);
    expect(await names("sortName=name&sortOrder=desc&limit=2")).toEqual(["6", "5"]);
    expect(await names("sortName=lastBomImport&sortOrder=desc")).toHaveLength(7);
    const invalid = await call("GET", "/project?sortName=drop_table");
    expect([invalid.statusCode, invalid.json<{ type: string }>().type]).toEqual([400, "/problems/invalid-sort-field"]);
  });

  test("filters narrow, and combine", async () => {
    const prefix = fresh("filter");
    const root = await create({ name: `${prefix}-root`, tags: [{ name: prefix }] });
    await create({
      name: `${prefix}-child`,
      parent: { uuid: root.uuid },
      tags: [{ name: prefix }],
      classifier: "LIBRARY",
    });
    await create({ name: `${prefix}-off`, active: false });
    const names = async (path: string) =>
      (await call("GET", path)).json<Project[]>().map(({ name }) => name.slice(prefix.length + 1));
    expect(await names(`/project?searchText=${prefix}`)).toEqual(["child", "off", "root"]);
    expect(await names(`/project?searchText=${prefix}&excludeInactive=true&onlyRoot=true`)).toEqual(["root"]);
    expect(await names(`/project?tag=${prefix}`)).toEqual(["child", "root"]);
    expect(await names(`/project/tag/${prefix}?onlyRoot=true`)).toEqual(["root"]);
    expect(await names(`/project/classifier/LIBRARY?searchText=${prefix}`)).toEqual(["child"]);
    expect(await names(`/project/${root.uuid}/children/classifier/DEVICE`)).toEqual([]);
    expect(await names(`/project?name=${prefix}-off`)).toEqual(["off"]);
    expect(await names("/project?searchText=100%25_")).toEqual([]);
    await create({ name: `${prefix}-Über` });
    expect(await names(`/project?searchText=${prefix.toUpperCase()}-${encodeURIComponent("Über")}`)).toEqual(["Über"]);
    const tags = (await call("GET", `/tag?searchText=${prefix}`)).json<{ name: string; projectCount: number }[]>();
    expect(tags).toMatchObject([{ name: prefix, projectCount: 2 }]);
  });

  test("a body on GET is ignored, as clients send it", async () => {
    const headers = { "content-type": "application/json" };
    const options = { key: manager, headers, body: "name=demo&excludeInactive=true" };
    expect((await server.request("GET", "/api/v1/project", options)).statusCode).toBe(200);
  });
});
