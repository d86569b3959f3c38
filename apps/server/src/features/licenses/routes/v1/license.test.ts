import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let reader: string;
let keeper: string;

beforeAll(async () => {
  server = await testServer();
  reader = (await server.keyWith([])).key;
  keeper = (await server.keyWith(["SYSTEM_CONFIGURATION_CREATE", "SYSTEM_CONFIGURATION_DELETE"])).key;
});
afterAll(() => server?.close());

const call = (method: string, path: string, key?: string, body?: unknown) =>
  server.request(method, `/api/v1/license${path}`, {
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  });

const get = (path: string) => call("GET", path, reader);

test("a licence of the SPDX list is there with its text and its groups", async () => {
  const answer = await get("/Apache-2.0");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    licenseId: "Apache-2.0",
    name: "Apache License 2.0",
    isOsiApproved: true,
    isFsfLibre: true,
    isDeprecatedLicenseId: false,
    isCustomLicense: false,
    licenseText: expect.stringContaining("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
    seeAlso: [expect.stringContaining("apache.org")],
    licenseGroups: [{ uuid: expect.any(String), name: "Permissive", riskWeight: 0 }],
  });
});

test("an id that is not known, in another case too, is 404", async () => {
  expect((await get("/Nobodys-1.0")).statusCode).toBe(404);
  const folded = await get("/apache-2.0");
  expect([folded.statusCode, folded.payload]).toEqual([404, "The license could not be found."]);
});

test("an id with a plus is found, escaped or not", async () => {
  for (const id of ["GPL-2.0+", "GPL-2.0%2B"])
    expect((await get(`/${id}`)).json()).toMatchObject({ licenseId: "GPL-2.0+", isDeprecatedLicenseId: true });
});

test("the list is searched by name and id, sorted and paged", async () => {
  const page = await get("?searchText=affero%20general&sortName=licenseId&sortOrder=desc&pageNumber=2&pageSize=2");
  expect(page.headers["x-total-count"]).toBe("6");
  expect(page.json<{ licenseId: string }[]>().map(({ licenseId }) => licenseId)).toEqual([
    "AGPL-3.0",
    "AGPL-1.0-or-later",
  ]);
  expect((await get("?searchText=bsd-3-clause-clear")).headers["x-total-count"]).toBe("1");
  expect((await get("?searchText=100%25")).headers["x-total-count"]).toBe("0");
  expect((await get("?searchText=&sortName=&sortOrder=")).json()).toHaveLength(100);
  const refused = await get("?sortName=licenseText");
  expect([refused.statusCode, refused.json()]).toMatchObject([400, { type: "/problems/invalid-sort-field" }]);
});

test("the concise list has every licence and no text", async () => {
  const answer = await get("/concise");
  const rows = answer.json<Record<string, unknown>[]>();
  expect(answer.headers["x-total-count"]).toBe(String(rows.length));
  expect(rows.length).toBeGreaterThanOrEqual(727);
  expect(Object.keys(rows.find(({ licenseId }) => licenseId === "MIT") ?? {}).sort()).toEqual([
    "isCustomLicense",
    "isDeprecatedLicenseId",
    "isFsfLibre",
    "isOsiApproved",
    "licenseId",
    "name",
    "uuid",
  ]);
});

test("a custom licence is added, shown, and removed; its id is taken once", async () => {
  const body = {
    licenseId: "Acme-1.0",
    name: " Acme Licence ",
    licenseText: "Do as Acme says.",
    standardLicenseTemplate: "",
    seeAlso: ["https://acme.example/licence", ""],
    isOsiApproved: "false",
    isFsfLibre: null,
  };
  const added = await call("PUT", "", keeper, body);
  expect(added.statusCode, added.payload).toBe(201);
  expect(added.json()).toMatchObject({
    licenseId: "Acme-1.0",
    name: "Acme Licence",
    licenseText: "Do as Acme says.",
    seeAlso: ["https://acme.example/licence"],
    isCustomLicense: true,
    isOsiApproved: false,
    licenseGroups: [],
  });
  const again = await call("PUT", "", keeper, body);
  expect([again.statusCode, again.payload]).toEqual([409, "A license with the specified ID already exists."]);
  expect((await call("PUT", "", keeper, { licenseId: "MIT", name: "mine" })).statusCode).toBe(409);
  expect((await get("/Acme-1.0")).json()).toEqual(added.json());
  expect((await call("DELETE", "/Acme-1.0", keeper)).statusCode).toBe(204);
  expect((await call("DELETE", "/Acme-1.0", keeper)).statusCode).toBe(404);
});

test("a licence of the SPDX list is not removed", async () => {
  const answer = await call("DELETE", "/MIT", keeper);
  expect([answer.statusCode, answer.payload]).toEqual([409, "Only custom licenses can be deleted."]);
  expect((await get("/MIT")).statusCode).toBe(200);
});

test.each([
  [{ name: "no id" }, "licenseId"],
  [{ licenseId: "A B", name: "x" }, "licenseId"],
  [{ licenseId: "x" }, "name"],
  [{ licenseId: "x", name: "  " }, "name"],
  [{ licenseId: "x", name: "a\u0000b" }, "name"],
  [{ licenseId: "x".repeat(256), name: "x" }, "licenseId"],
  [{ licenseId: "x", name: "x", isFsfLibre: "perhaps" }, "isFsfLibre"],
  [{ licenseId: "x", name: "x", licenseText: "a\u0000b" }, "licenseText"],
])("a custom licence that says %j is refused, naming the member", async (body, path) => {
  const answer = await call("PUT", "", keeper, body);
  expect(answer.statusCode, answer.payload).toBe(400);
  expect(answer.json<{ path: string }[]>().map((member) => member.path)).toContain(path);
});

test("reading needs a key, changing needs the permission", async () => {
  for (const path of ["", "/concise", "/MIT"]) expect((await call("GET", path)).statusCode).toBe(401);
  expect((await call("PUT", "", undefined, {})).statusCode).toBe(401);
  expect((await call("DELETE", "/MIT")).statusCode).toBe(401);
  expect((await call("PUT", "", reader, { licenseId: "x", name: "x" })).statusCode).toBe(403);
  expect((await call("DELETE", "/MIT", reader)).statusCode).toBe(403);
});
