import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { expectIsolation, expectRefusals, projectWithComponent, type Refusable, UNKNOWN } from "../../testing.ts";

let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

const PROPERTY = { groupName: "g", propertyName: "n", propertyValue: "1", propertyType: "INTEGER", description: "d" };
const of = (component: string) => `/api/v1/component/${component}/property`;

const ROUTES: Record<string, Refusable> = {
  list: { method: "GET", path: ({ component }) => of(component), permission: "VIEW_PORTFOLIO", status: 200 },
  create: {
    method: "PUT",
    path: ({ component }) => of(component),
    body: () => PROPERTY,
    permission: "PORTFOLIO_MANAGEMENT_CREATE",
    status: 201,
  },
};

describe.each(Object.entries(ROUTES))("%s", (_, route) => {
  test("refuses who may not and what is not there", () => expectRefusals(server, route));
  test("refuses other teams' projects", () => expectIsolation(server, route));
});

test("a property is added, shown with its component, and deleted by its UUID", async () => {
  const { component, projectId } = await projectWithComponent(seed);
  const stored = [{ group: "cdx", name: "a", value: "b" }, { name: "bare" }];
  await seed.rows("update component set detail = $2 where uuid = $1", [
    component,
    JSON.stringify({ properties: stored }),
  ]);
  const added = await server.request("PUT", of(component), { key, body: PROPERTY });
  expect(added.statusCode, added.payload).toBe(201);
  expect(added.json()).toEqual({ ...PROPERTY, uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const list = await server.request("GET", of(component), { key });
  expect(list.json()).toEqual([
    { groupName: "cdx", propertyName: "a", propertyValue: "b", propertyType: "STRING", uuid: expect.any(String) },
    { propertyName: "bare", propertyType: "STRING", uuid: expect.any(String) },
    added.json(),
  ]);
  const single = await server.request("GET", `/api/v1/component/${component}`, { key });
  expect(single.json<{ properties: unknown }>().properties).toEqual(list.json());
  const { uuid } = added.json<{ uuid: string }>();
  expect((await server.request("DELETE", `${of(component)}/${uuid}`, { key })).statusCode).toBe(204);
  expect((await server.request("DELETE", `${of(component)}/${uuid}`, { key })).statusCode).toBe(404);
  expect((await server.request("GET", of(component), { key })).json()).toHaveLength(2);
  expect(await seed.rows("select content_hash from component where project_id = $1", [projectId])).toEqual([
    { content_hash: -1 },
  ]);
});

test("the same property twice, and values that do not fit their type, are refused", async () => {
  const { component } = await projectWithComponent(seed);
  const put = (body: object) => server.request("PUT", of(component), { key, body: { ...PROPERTY, ...body } });
  expect((await put({})).statusCode).toBe(201);
  expect((await put({ description: "other" })).statusCode).toBe(409);
  expect((await put({ propertyValue: "2" })).statusCode).toBe(201);
  for (const [propertyType, propertyValue] of [
    ["BOOLEAN", "yes"],
    ["INTEGER", "1.5"],
    ["NUMBER", "one"],
    ["UUID", "x"],
    ["COLOUR", "red"],
  ])
    expect((await put({ propertyName: "typed", propertyType, propertyValue })).statusCode, propertyType).toBe(400);
  expect((await put({ propertyName: " " })).statusCode).toBe(400);
});

test("deleting is refused to who may not, and of what is not there", async () => {
  const { component } = await projectWithComponent(seed);
  const { key: reader } = await server.keyWith(["VIEW_PORTFOLIO"]);
  const path = `${of(component)}/${UNKNOWN}`;
  expect((await server.request("DELETE", path)).statusCode).toBe(401);
  expect((await server.request("DELETE", path, { key: reader })).statusCode).toBe(403);
  expect((await server.request("DELETE", path, { key })).statusCode).toBe(404);
  expect((await server.request("DELETE", `${of(UNKNOWN)}/${UNKNOWN}`, { key })).statusCode).toBe(404);
  expect((await server.request("DELETE", `${of(component)}/x`, { key })).statusCode).toBe(400);
});
