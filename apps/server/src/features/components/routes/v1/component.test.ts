import { componentResponse } from "@evertrack/contract/v1/portfolio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, projectWithComponent, type Refusable, UNKNOWN } from "../../testing.ts";

/** Here nothing is carried out: started runs wait. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

const get = (path: string) => server.request("GET", path, { key });
const names = (payload: string) => (JSON.parse(payload) as { name: string }[]).map(({ name }) => name);
const create = (project: string, body: object) =>
  server.request("PUT", `/api/v1/component/project/${project}`, { key, body });
const update = (body: object) => server.request("POST", "/api/v1/component", { key, body });
const stateOf = async (projectId: number) =>
  (
    await seed.rows<{ digest: Buffer | null; components: number }>(
      "select bom_digest as digest, component_count as components from project where id = $1",
      [projectId],
    )
  )[0];

const ROUTES: Record<string, Refusable> = {
  list: {
    method: "GET",
    path: ({ project }) => `/api/v1/component/project/${project}`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  read: {
    method: "GET",
    path: ({ component }) => `/api/v1/component/${component}`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  occurrences: {
    method: "GET",
    path: ({ component }) => `/api/v1/component/${component}/occurrence`,
    permission: "VIEW_PORTFOLIO",
    status: 200,
  },
  create: {
    method: "PUT",
    path: ({ project }) => `/api/v1/component/project/${project}`,
    body: () => ({ name: "made" }),
    permission: "PORTFOLIO_MANAGEMENT_UPDATE",
    status: 201,
  },
  update: {
    method: "POST",
    path: () => "/api/v1/component",
    body: ({ component }) => ({ uuid: component, name: "renamed" }),
    permission: "PORTFOLIO_MANAGEMENT_UPDATE",
    status: 200,
  },
  delete: {
    method: "DELETE",
    path: ({ component }) => `/api/v1/component/${component}`,
    permission: "PORTFOLIO_MANAGEMENT_DELETE",
    status: 204,
  },
};

describe.each(Object.entries(ROUTES))("%s", (_, route) => {
  test("refuses who may not and what is not there", () => expectRefusals(server, route));
  test("refuses other teams' projects", () => expectIsolation(server, route));
});

describe("the list of a project", () => {
  test("is sorted, paged and searched as asked for", async () => {
    const { id, uuid } = await seed.project();
    for (const purl of ["pkg:npm/beta@1", "pkg:npm/alpha@2", "pkg:npm/gamma_x@3"])
      await seed.component(id, await seed.identity(purl));
    const list = `/api/v1/component/project/${uuid}`;
    expect(names((await get(list)).payload)).toEqual(["alpha", "beta", "gamma_x"]);
    expect(names((await get(`${list}?sortName=name&sortOrder=desc&pageSize=2&pageNumber=1`)).payload)).toEqual([
      "gamma_x",
      "beta",
    ]);
    const found = await get(`${list}?searchText=A_X`);
    expect([names(found.payload), found.headers["x-total-count"]]).toEqual([["gamma_x"], "1"]);
    expect((await get(`${list}?sortName=uuid`)).statusCode).toBe(400);
  });

  test("shows direct dependencies only, and nothing as outdated while that is not known", async () => {
    const { id, uuid } = await seed.project();
    const [a, b] = [await seed.identity("pkg:npm/a@1"), await seed.identity("pkg:npm/b@1")];
    for (const identity of [a, b]) await seed.component(id, identity);
    const list = `/api/v1/component/project/${uuid}`;
    expect(names((await get(`${list}?onlyDirect=true`)).payload)).toEqual([]);
    await seed.rows("update project set bom_digest = 'x' where id = $1", [id]);
    await seed.rows("insert into project_graph values ($1, $2, true, 1, 'd', 'x')", [id, [b]]);
    const direct = await get(`${list}?onlyDirect=true`);
    expect([names(direct.payload), direct.headers["x-total-count"]]).toEqual([["b"], "1"]);
    const outdated = await get(`${list}?onlyOutdated=true`);
    expect([outdated.json(), outdated.headers["x-total-count"]]).toEqual([[], "0"]);
    await seed.rows("update project set bom_digest = 'y' where id = $1", [id]);
    expect(names((await get(`${list}?onlyDirect=true`)).payload), "of an earlier inventory").toEqual([]);
  });
});

describe("a component made by hand", () => {
  const FULL = {
    name: "left-pad",
    group: "g",
    version: "1.0.0",
    classifier: "FRAMEWORK",
    purl: "pkg:npm/Left-Pad@1.0.0?b=2&a=1",
    cpe: "cpe:2.3:a:x:left-pad:1.0.0:*:*:*:*:*:*:*",
    swidTagId: "swid",
    description: "pads",
    publisher: "somebody",
    copyright: "©",
    license: "MIT",
    licenseUrl: "https://example.org/mit",
    authors: [{ name: "A. Author", email: "a@example.org" }],
    supplier: { name: "S", urls: ["https://example.org"] },
    externalReferences: [{ type: "vcs", url: "https://example.org/git" }],
    sha1: "A9993E364706816ABA3E25717850C26C9CD0D89D",
    filename: "left-pad.tgz",
    extension: "tgz",
    notes: "kept",
  };

  test("is there with everything said of it, counted, and to be analysed", async () => {
    const { id, uuid } = await seed.project();
    const before = await stateOf(id);
    const answer = await create(uuid, FULL);
    expect(answer.statusCode, answer.payload).toBe(201);
    const { uuid: component, ...shown } = componentResponse.loose().parse(answer.json());
    expect(shown).toMatchObject({
      ...FULL,
      purl: "pkg:npm/Left-Pad@1.0.0?a=1&b=2",
      purlCoordinates: "pkg:npm/Left-Pad@1.0.0",
      sha1: FULL.sha1.toLowerCase(),
      author: "A. Author",
      isInternal: false,
      project: { uuid },
    });
    expect((await get(`/api/v1/component/${component}`)).json()).toEqual(answer.json());
    const after = await stateOf(id);
    expect(after?.components).toBe(1);
    expect(after?.digest).not.toEqual(before?.digest);
    expect(
      await seed.rows("select status from wf_run where name = 'analyze-project' and labels->>'project' = $1", [uuid]),
    ).toEqual([{ status: "CREATED" }]);
  });

  test("is refused when the project has one with this identity, or has none of its own", async () => {
    const { uuid } = await seed.project();
    expect((await create(uuid, { name: "twice" })).statusCode).toBe(201);
    expect((await create(uuid, { name: "twice", description: "again" })).statusCode).toBe(409);
    const collection = await seed.project();
    await seed.rows("update project set collection_logic = 'AGGREGATE_DIRECT_CHILDREN' where id = $1", [collection.id]);
    expect((await create(collection.uuid, { name: "a" })).statusCode).toBe(400);
  });

  test("names the member that is wrong", async () => {
    const { uuid } = await seed.project();
    for (const [member, value] of Object.entries({
      purl: "left-pad",
      name: " ",
      sha1: "xyz",
      classifier: "THING",
      group: "a\u0000b",
      version: "v".repeat(256),
      scope: "MAYBE",
      authors: "me",
    })) {
      const answer = await create(uuid, { name: "a", [member]: value });
      expect(answer.statusCode, `${member}: ${answer.payload}`).toBe(400);
      expect(answer.payload).toContain(member);
    }
    expect((await create(uuid, {})).statusCode).toBe(400);
  });

  test("keeps its UUID and what is not mentioned when it is changed, even into another identity", async () => {
    const { id, uuid } = await seed.project();
    const made = (await create(uuid, FULL)).json<{ uuid: string; name: string }>();
    const answer = await update({ uuid: made.uuid, version: "2.0.0", notes: "", cpe: null, author: "A. Author" });
    expect(answer.statusCode, answer.payload).toBe(200);
    const { notes: _, cpe: __, ...rest } = FULL;
    expect(answer.json()).toMatchObject({
      ...rest,
      version: "2.0.0",
      purl: expect.any(String),
      sha1: expect.any(String),
      uuid: made.uuid,
    });
    expect(answer.json()).not.toHaveProperty("notes");
    expect(answer.json()).not.toHaveProperty("cpe");
    expect(await seed.rows("select count(*)::int as n from component where project_id = $1", [id])).toEqual([{ n: 1 }]);
    expect((await update({ uuid: UNKNOWN, name: "a" })).statusCode).toBe(404);
  });

  test("cannot become what the project has already", async () => {
    const { uuid } = await seed.project();
    await create(uuid, { name: "first" });
    const second = (await create(uuid, { name: "second" })).json<{ uuid: string }>();
    expect((await update({ uuid: second.uuid, name: "first" })).statusCode).toBe(409);
  });

  test("keeps its place in the graph, which is shown on and written anew by the next import", async () => {
    const { id } = await seed.project();
    const [a, b, c] = [
      await seed.identity("pkg:npm/a@1"),
      await seed.identity("pkg:npm/b@1"),
      await seed.identity("pkg:npm/c@1"),
    ];
    const uuids = [];
    for (const identity of [a, b, c]) uuids.push((await seed.component(id, identity)).uuid);
    await seed.rows("update project set bom_digest = 'x' where id = $1", [id]);
    await seed.rows("insert into project_graph values ($1, $2, true, 2, 'd', 'x')", [id, [a, b]]);
    await seed.rows("insert into component_graph values ($1, $2, $4), ($1, $3, $5)", [id, a, b, [b], [c]]);
    expect((await update({ uuid: uuids[1], version: "2" })).statusCode).toBe(200);
    const moved = (
      await seed.rows<{ i: number }>("select identity_id as i from component where uuid = $1", [uuids[1]])
    )[0]?.i;
    expect(
      await seed.rows("select identity_id, depends_on from component_graph where project_id = $1 order by 1", [id]),
    ).toEqual([
      { identity_id: a, depends_on: [moved] },
      { identity_id: moved, depends_on: [c] },
    ]);
    const graph =
      "select direct, digest, inventory_digest = bom_digest as shown from project_graph g join project p on p.id = g.project_id where p.id = $1";
    expect(await seed.rows(graph, [id])).toEqual([{ direct: [a, moved], digest: Buffer.alloc(0), shown: true }]);
  });

  test("is gone when it was deleted, and counted no more", async () => {
    const { component, projectId } = await projectWithComponent(seed);
    expect((await server.request("DELETE", `/api/v1/component/${component}`, { key })).statusCode).toBe(204);
    expect((await get(`/api/v1/component/${component}`)).statusCode).toBe(404);
    expect((await stateOf(projectId))?.components).toBe(0);
  });
});

test("occurrences come page by page with UUIDs that stay", async () => {
  const { component } = await projectWithComponent(seed);
  const occurrences = [{ location: "/a", line: 3 }, { location: "/b", symbol: "f" }, { location: "/c" }];
  await seed.rows("update component set detail = $2 where uuid = $1", [component, JSON.stringify({ occurrences })]);
  const all = await get(`/api/v1/component/${component}/occurrence`);
  expect(all.json()).toMatchObject(occurrences);
  const second = await get(`/api/v1/component/${component}/occurrence?pageNumber=2&pageSize=1`);
  expect([second.json(), second.headers["x-total-count"]]).toEqual([[all.json<object[]>()[1]], "3"]);
});
