import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { resolvedLicense } from "../../licenses/index.ts";
import { base64, bomOf, processed, type TestComponent } from "../testing.ts";

let server: TestServer;
let key: string;
let admin: Record<string, string>;

beforeAll(async () => {
  server = await testServer({ working: true });
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
  admin = { authorization: `Bearer ${await server.adminToken()}` };
});
afterAll(() => server?.close());

interface Stored {
  name: string;
  license: string | null;
  licenses: unknown;
  resolved: { licenseId: string; isCustomLicense: boolean } | null;
}

async function imported(projectName: string, components: TestComponent[]): Promise<Stored[]> {
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: base64(bomOf(components)) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  await processed(server, key, answer.json<{ token: string }>().token);
  const { rows } = await sql<Stored>`/* components.readForTest */
    select i.name, l.name as license, c.detail -> 'licenses' as licenses, ${resolvedLicense(sql.ref("l.name"))} as resolved
    from component c join component_identity i on i.id = c.identity_id join component_license l on l.id = c.license_id
      join project p on p.id = c.project_id
    where p.name = ${projectName} order by i.name`.execute(server.database.db);
  return rows;
}

const component = (name: string, ...licenses: object[]): TestComponent => ({ name, version: "1", licenses });

test("licences are found by id, by name in any case and in an expression of one id; the rest stays as written", async () => {
  const stored = await imported("resolution", [
    component("a-id", { license: { id: "Apache-2.0" } }),
    component("b-name", { license: { name: "the mit licence" } }, { license: { name: "mit license" } }),
    component("c-expression", { expression: "ISC" }),
    component("d-choice", { expression: "MIT OR ISC" }),
    component("e-free", { license: { name: "Ask Bob" } }),
    component("f-nothing"),
  ]);
  expect(stored.map(({ name, license, resolved }) => [name, license, resolved?.licenseId])).toEqual([
    ["a-id", "Apache-2.0", "Apache-2.0"],
    ["b-name", "MIT", "MIT"],
    ["c-expression", "ISC", "ISC"],
    ["d-choice", null, undefined],
    ["e-free", "Ask Bob", undefined],
    ["f-nothing", null, undefined],
  ]);
  expect(stored[0]?.resolved).toEqual({
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    licenseId: "Apache-2.0",
    name: "Apache License 2.0",
    isOsiApproved: true,
    isFsfLibre: true,
    isDeprecatedLicenseId: false,
    isCustomLicense: false,
  });
  expect(stored[1]?.licenses).toEqual([
    { kind: "name", value: "the mit licence" },
    { kind: "name", value: "mit license" },
  ]);
});

test("a custom licence is found by its name from the next import on, and is free text again once it is gone", async () => {
  const components = [component("own", { license: { name: "House Rules" } })];
  expect(await imported("custom", components)).toMatchObject([{ license: "House Rules", resolved: null }]);
  const body = { licenseId: "House-1.0", name: "House Rules" };
  expect((await server.request("PUT", "/api/v1/license", { headers: admin, body })).statusCode).toBe(201);
  expect(await imported("custom", components)).toMatchObject([
    { license: "House-1.0", resolved: { licenseId: "House-1.0", isCustomLicense: true } },
  ]);
  expect((await server.request("DELETE", "/api/v1/license/House-1.0", { headers: admin })).statusCode).toBe(204);
  expect(await imported("custom", components)).toMatchObject([{ license: "House Rules", resolved: null }]);
});

test("components show the licence that was found in v1 and v2, beside what earlier releases show", async () => {
  await imported("shown", [
    component("found", { license: { id: "ISC" } }),
    component("free", { expression: "A OR B" }),
  ]);
  const lookup = await server.request("GET", "/api/v1/project/lookup?name=shown&version=1", { key });
  const { uuid } = lookup.json<{ uuid: string }>();
  const v1 = (await server.request("GET", `/api/v1/component/project/${uuid}`, { key })).json<object[]>();
  const found = {
    uuid: expect.any(String),
    licenseId: "ISC",
    name: "ISC License",
    isOsiApproved: true,
    isFsfLibre: true,
    isDeprecatedLicenseId: false,
    isCustomLicense: false,
  };
  expect(v1).toMatchObject([{ license: "ISC", resolvedLicense: found }, { licenseExpression: "A OR B" }]);
  expect(v1[1]).not.toHaveProperty("resolvedLicense");
  const single = await server.request("GET", `/api/v1/component/${(v1[0] as { uuid: string }).uuid}`, { key });
  expect(single.json()).toMatchObject({ resolvedLicense: found });
  const v2 = (await server.request("GET", `/api/v2/projects/${uuid}/components`, { key })).json<{ items: object[] }>();
  expect(v2.items[0]).toMatchObject({
    license: "ISC",
    resolved_license: {
      uuid: expect.any(String),
      license_id: "ISC",
      name: "ISC License",
      osi_approved: true,
      fsf_libre: true,
      custom_license: false,
    },
  });
  expect(v2.items[1]).not.toHaveProperty("resolved_license");
});
