import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let keeper: string;
let reader: string;
let stranger: string;

beforeAll(async () => {
  server = await testServer();
  keeper = (await server.keyWith(["POLICY_MANAGEMENT"])).key;
  reader = (await server.keyWith(["POLICY_MANAGEMENT_READ"])).key;
  stranger = (await server.keyWith(["VIEW_PORTFOLIO", "SYSTEM_CONFIGURATION"])).key;
});
afterAll(() => server?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

interface Group {
  uuid: string;
  name: string;
  riskWeight: number;
  licenses: { uuid: string; licenseId: string }[];
}

const call = (method: string, path: string, key?: string, body?: unknown) =>
  server.request(method, `/api/v1/licenseGroup${path}`, {
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  });

async function create(name: string): Promise<Group> {
  const answer = await call("PUT", "", keeper, { name });
  expect(answer.statusCode, answer.payload).toBe(201);
  return answer.json<Group>();
}

async function uuidOf(licenseId: string): Promise<string> {
  const answer = await server.request("GET", `/api/v1/license/${licenseId}`, { key: keeper });
  return answer.json<{ uuid: string }>().uuid;
}

test("a new installation has the four groups, with licences", async () => {
  const answer = await call("GET", "", reader);
  expect(answer.headers["x-total-count"]).toBe("4");
  const groups = answer.json<Group[]>();
  expect(groups.map(({ name, riskWeight }) => [name, riskWeight])).toEqual([
    ["Copyleft", 8],
    ["Non-Commercial", 10],
    ["Permissive", 0],
    ["Weak Copyleft", 3],
  ]);
  const idsOf = (name: string) => groups.find((group) => group.name === name)?.licenses.map((l) => l.licenseId);
  expect(idsOf("Permissive")).toEqual(expect.arrayContaining(["MIT", "Apache-2.0", "BSD-3-Clause"]));
  expect(idsOf("Copyleft")).toEqual(expect.arrayContaining(["GPL-3.0-only", "AGPL-3.0-or-later"]));
  expect(idsOf("Weak Copyleft")).toEqual(expect.arrayContaining(["LGPL-2.1-only", "MPL-2.0"]));
  expect(idsOf("Non-Commercial")).toEqual(expect.arrayContaining(["CC-BY-NC-4.0"]));
});

test("a group is created, renamed, found and removed; a name is taken once", async () => {
  const group = await create("Ours");
  expect(group).toEqual({ uuid: expect.any(String), name: "Ours", riskWeight: 0, licenses: [] });
  const taken = await call("PUT", "", keeper, { name: " Ours " });
  expect([taken.statusCode, taken.payload]).toEqual([409, "A license group with the specified name already exists."]);
  const renamed = await call("POST", "", keeper, { uuid: group.uuid, name: "Ours too" });
  expect([renamed.statusCode, renamed.json()]).toEqual([200, { ...group, name: "Ours too" }]);
  expect((await call("POST", "", keeper, { uuid: group.uuid, name: "Copyleft" })).statusCode).toBe(409);
  expect((await call("GET", `/${group.uuid}`, reader)).json()).toEqual({ ...group, name: "Ours too" });
  expect((await call("GET", "?searchText=ours%20t", reader)).json()).toHaveLength(1);
  expect((await call("GET", "?searchText=ours_t", reader)).json()).toHaveLength(0);
  expect((await call("DELETE", `/${group.uuid}`, keeper)).statusCode).toBe(204);
  expect((await call("DELETE", `/${group.uuid}`, keeper)).statusCode).toBe(404);
});

test("a licence is put into a group once and taken out once; 304 tells that nothing changed", async () => {
  const group = await create("Members");
  const mit = await uuidOf("MIT");
  const path = `/${group.uuid}/license/${mit}`;
  const added = await call("POST", path, keeper);
  expect([added.statusCode, added.json<Group>().licenses]).toMatchObject([200, [{ licenseId: "MIT", uuid: mit }]]);
  expect((await call("POST", path, keeper)).statusCode).toBe(304);
  const shown = await server.request("GET", "/api/v1/license/MIT", { key: keeper });
  expect(shown.json<{ licenseGroups: Group[] }>().licenseGroups.map(({ name }) => name)).toEqual([
    "Members",
    "Permissive",
  ]);
  const removed = await call("DELETE", path, keeper);
  expect([removed.statusCode, removed.json<Group>().licenses]).toEqual([200, []]);
  expect((await call("DELETE", path, keeper)).statusCode).toBe(304);
});

test("a custom licence that is removed leaves its groups", async () => {
  const group = await create("With a custom one");
  const admin = { authorization: `Bearer ${await server.adminToken()}` };
  const body = { licenseId: "Grouped-1.0", name: "Grouped" };
  const { uuid } = (await server.request("PUT", "/api/v1/license", { headers: admin, body })).json<{ uuid: string }>();
  expect((await call("POST", `/${group.uuid}/license/${uuid}`, keeper)).statusCode).toBe(200);
  expect((await server.request("DELETE", "/api/v1/license/Grouped-1.0", { headers: admin })).statusCode).toBe(204);
  expect((await call("GET", `/${group.uuid}`, reader)).json()).toEqual(group);
});

test("what does not exist is 404, what is not a UUID or not a name is 400", async () => {
  const group = await create("Lonely");
  const mit = await uuidOf("MIT");
  for (const method of ["POST", "DELETE"]) {
    const noGroup = await call(method, `/${UNKNOWN}/license/${mit}`, keeper);
    expect([noGroup.statusCode, noGroup.payload]).toEqual([404, "The license group could not be found."]);
    const noLicense = await call(method, `/${group.uuid}/license/${UNKNOWN}`, keeper);
    expect([noLicense.statusCode, noLicense.payload]).toEqual([404, "The license could not be found."]);
    expect((await call(method, `/${group.uuid}/license/MIT`, keeper)).statusCode).toBe(400);
  }
  expect((await call("GET", `/${UNKNOWN}`, reader)).statusCode).toBe(404);
  expect((await call("GET", "/x", reader)).statusCode).toBe(400);
  expect((await call("POST", "", keeper, { uuid: UNKNOWN, name: "x" })).statusCode).toBe(404);
  expect((await call("POST", "", keeper, { name: "x" })).statusCode).toBe(400);
  for (const body of [{}, { name: " " }, { name: "x".repeat(256) }, { name: 7 }])
    expect((await call("PUT", "", keeper, body)).statusCode).toBe(400);
  expect((await call("GET", "?sortName=licenses", reader)).statusCode).toBe(400);
});

test.each([
  ["GET", "", true],
  ["GET", `/${UNKNOWN}`, true],
  ["PUT", "", false],
  ["POST", "", false],
  ["DELETE", `/${UNKNOWN}`, false],
  ["POST", `/${UNKNOWN}/license/${UNKNOWN}`, false],
  ["DELETE", `/${UNKNOWN}/license/${UNKNOWN}`, false],
])("%s licenseGroup%s is for those who may", async (method, path, forReaders) => {
  const body = method === "PUT" || (method === "POST" && path === "") ? { name: "x", uuid: UNKNOWN } : undefined;
  expect((await call(method, path, undefined, body)).statusCode).toBe(401);
  expect((await call(method, path, stranger, body)).statusCode).toBe(403);
  expect((await call(method, path, reader, body)).statusCode === 403).toBe(!forReaders);
});
