import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let key: string;
let reader: string;
let admin: Record<string, string>;

beforeAll(async () => {
  server = await testServer();
  admin = { authorization: `Bearer ${await server.adminToken()}` };
  key = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
  reader = (await server.keyWith(["VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
let counter = 0;

interface Service {
  uuid: string;
  name: string;
  [member: string]: unknown;
}

const call = (method: string, path: string, options: { key?: string; body?: unknown } = {}) =>
  server.request(method, `/api/v1/service${path}`, options);

async function newProject(withKey = key, members = {}): Promise<string> {
  const body = { name: `services-${++counter}`, version: "1", ...members };
  const answer = await server.request("PUT", "/api/v1/project", { key: withKey, body });
  expect(answer.statusCode, answer.payload).toBe(201);
  return answer.json<{ uuid: string }>().uuid;
}

async function create(project: string, body: object): Promise<Service> {
  const answer = await call("PUT", `/project/${project}`, { key, body });
  expect(answer.statusCode, answer.payload).toBe(201);
  return answer.json();
}

const PAY = {
  group: "org.shop",
  name: "pay",
  version: "2",
  description: "Takes money.",
  authenticated: true,
  crossesTrustBoundary: "false",
  provider: { name: "Shop", urls: ["https://shop.example"], contacts: [{ name: "Ann", email: "ann@shop.example" }] },
  data: [{ name: "card", direction: "INBOUND" }],
  endpoints: ["https://pay.shop.example/v2"],
  externalReferences: [{ type: "documentation", url: "https://shop.example/docs", comment: "c" }],
  notes: "ours",
};

test("a service is created with everything it says, read, changed and removed", async () => {
  const project = await newProject();
  const created = await create(project, PAY);
  expect(created).toEqual({
    ...PAY,
    crossesTrustBoundary: false,
    uuid: expect.any(String),
    lastInheritedRiskScore: 0,
    project: { uuid: project, name: expect.stringMatching(/^services-/), version: "1" },
  });
  expect((await call("GET", `/${created.uuid}`, { key: reader })).json()).toEqual(created);
  const change = { uuid: created.uuid, version: "3", description: " ", endpoints: null, authenticated: "false" };
  const changed = await call("POST", "", { key, body: change });
  const { description: _, endpoints: __, ...rest } = created;
  expect([changed.statusCode, changed.json()]).toEqual([200, { ...rest, version: "3", authenticated: false }]);
  expect((await call("DELETE", `/${created.uuid}`, { key })).statusCode).toBe(204);
  const gone = await call("GET", `/${created.uuid}`, { key });
  expect([gone.statusCode, gone.payload]).toEqual([404, "The service could not be found."]);
});

test("a project has a service of one group, name and version once", async () => {
  const project = await newProject();
  await create(project, { name: "auth" });
  const other = await create(project, { name: "auth", version: "1" });
  expect((await call("PUT", `/project/${project}`, { key, body: { name: " auth ", version: "" } })).statusCode).toBe(
    409,
  );
  expect((await call("POST", "", { key, body: { uuid: other.uuid, version: null } })).statusCode).toBe(409);
  expect((await call("POST", "", { key, body: { uuid: other.uuid, name: "auth" } })).statusCode).toBe(200);
  expect((await create(await newProject(), { name: "auth" })).name).toBe("auth");
});

test("the services of a project are paged, sorted and searched", async () => {
  const project = await newProject();
  for (const [name, group, authenticated] of [
    ["b_1", "x", true],
    ["a", "y", false],
    ["c", "B", undefined],
  ])
    await create(project, { name, group, authenticated });
  const list = async (query: string) => {
    const answer = await call("GET", `/project/${project}?${query}`, { key: reader });
    expect(answer.statusCode, answer.payload).toBe(200);
    return [answer.headers["x-total-count"], answer.json<Service[]>().map(({ name }) => name)];
  };
  expect(await list("")).toEqual(["3", ["a", "b_1", "c"]]);
  expect(await list("pageNumber=2&pageSize=1&sortName=&sortOrder=&searchText=")).toEqual(["3", ["b_1"]]);
  expect(await list("sortName=authenticated&sortOrder=desc")).toEqual(["3", ["b_1", "a", "c"]]);
  expect(await list("sortName=group")).toEqual(["3", ["c", "b_1", "a"]]);
  expect(await list("searchText=b")).toEqual(["2", ["b_1", "c"]]);
  expect(await list("searchText=_")).toEqual(["1", ["b_1"]]);
  expect((await call("GET", `/project/${project}?sortName=detail`, { key })).statusCode).toBe(400);
});

test.each([
  [{}, "name"],
  [{ name: " " }, "name"],
  [{ name: "a\u0000" }, "name"],
  [{ name: "x".repeat(256) }, "name"],
  [{ name: "x", authenticated: "perhaps" }, "authenticated"],
  [{ name: "x", data: [{ name: "d", direction: "SIDEWAYS" }] }, "data.0.direction"],
  [{ name: "x", endpoints: "https://x.example" }, "endpoints"],
  [{ name: "x", endpoints: ["a\u0000b"] }, "endpoints.0"],
  [{ name: "x", provider: { urls: ["a\u0000b"] } }, "provider.urls.0"],
  [{ name: "x", externalReferences: [{ type: "website" }] }, "externalReferences.0.url"],
])("a service that says %j is refused, naming the member", async (body, path) => {
  const answer = await call("PUT", `/project/${await newProject()}`, { key, body });
  expect(answer.statusCode, answer.payload).toBe(400);
  expect(answer.json<{ path: string }[]>().map((member) => member.path)).toContain(path);
});

test("a collection project takes none; what does not exist is 404; what is no UUID is 400", async () => {
  const collection = await newProject(key, { collectionLogic: "AGGREGATE_DIRECT_CHILDREN" });
  expect((await call("PUT", `/project/${collection}`, { key, body: { name: "x" } })).statusCode).toBe(400);
  expect((await call("PUT", `/project/${UNKNOWN}`, { key, body: { name: "x" } })).statusCode).toBe(404);
  expect((await call("GET", `/project/${UNKNOWN}`, { key })).statusCode).toBe(404);
  expect((await call("POST", "", { key, body: { uuid: UNKNOWN, name: "x" } })).statusCode).toBe(404);
  expect((await call("DELETE", `/${UNKNOWN}`, { key })).statusCode).toBe(404);
  for (const [method, path, body] of [
    ["GET", "/x"],
    ["GET", "/project/x"],
    ["DELETE", "/x"],
    ["POST", "", { name: "x" }],
  ] as const)
    expect((await call(method, path, { key, ...(body !== undefined && { body }) })).statusCode).toBe(400);
});

test("what is needed to read is not enough to change, and nobody does nothing", async () => {
  const project = await newProject();
  const { uuid } = await create(project, { name: "guarded" });
  const none = (await server.keyWith([])).key;
  for (const [method, path, body, readerMay] of [
    ["GET", `/${uuid}`, undefined, true],
    ["GET", `/project/${project}`, undefined, true],
    ["PUT", `/project/${project}`, { name: "y" }, false],
    ["POST", "", { uuid, name: "y" }, false],
    ["DELETE", `/${uuid}`, undefined, false],
  ] as const) {
    const ask = async (who: { key?: string }) =>
      (await call(method, path, { ...who, ...(body && { body }) })).statusCode;
    expect([await ask({}), await ask({ key: none }), await ask({ key: reader })]).toEqual([
      401,
      403,
      readerMay ? 200 : 403,
    ]);
  }
});

test("services of projects of other teams are neither seen nor changed", async () => {
  const setAcl = (propertyValue: string) =>
    server.request("POST", "/api/v1/configProperty", {
      headers: admin,
      body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue },
    });
  const stranger = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
  await setAcl("true");
  try {
    const project = await newProject();
    const { uuid } = await create(project, { name: "hidden" });
    for (const [method, path, body] of [
      ["GET", `/${uuid}`],
      ["GET", `/project/${project}`],
      ["PUT", `/project/${project}`, { name: "y" }],
      ["POST", "", { uuid, name: "y" }],
      ["DELETE", `/${uuid}`],
    ] as const) {
      const answer = await call(method, path, { key: stranger, ...(body !== undefined && { body }) });
      expect([method, path, answer.statusCode]).toEqual([method, path, 403]);
      expect(answer.json()).toMatchObject({ title: "Project access denied" });
    }
    expect((await call("GET", `/${uuid}`, { key })).json()).toMatchObject({ name: "hidden" });
  } finally {
    await setAcl("false");
  }
});

test("a project takes its services along when it is deleted", async () => {
  const project = await newProject();
  const { uuid } = await create(project, { name: "doomed" });
  expect((await server.request("DELETE", `/api/v1/project/${project}`, { key })).statusCode).toBe(204);
  expect((await call("GET", `/${uuid}`, { key })).statusCode).toBe(404);
});
