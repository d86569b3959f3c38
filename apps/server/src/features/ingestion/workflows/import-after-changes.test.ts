import { until } from "@evertrack/engine/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf, processed } from "../testing.ts";

const SOON_MS = 60_000;
const IDENTIFYING = "identify-internal-components";

/** Here the engine works. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer({ working: true, properties: { "dt.task-scheduler.enabled": "false" } });
  seed = new Seed(server.database.executor);
  const permissions = [
    "BOM_UPLOAD",
    "PROJECT_CREATION_UPLOAD",
    "VIEW_PORTFOLIO",
    "PORTFOLIO_MANAGEMENT",
    "SYSTEM_CONFIGURATION",
  ] as const;
  key = (await server.keyWith(permissions)).key;
});
afterAll(() => server?.close());

interface Shown {
  uuid: string;
  name: string;
  description?: string;
  notes?: string;
  isInternal: boolean;
  directDependencies?: string;
}

const DEPENDENCIES = {
  metadata: { component: { type: "application", name: "app", "bom-ref": "app" } },
  dependencies: [
    { ref: "app", dependsOn: ["a"] },
    { ref: "a", dependsOn: ["b"] },
  ],
};
const BOM = bomOf(
  [
    {
      name: "a",
      version: "1",
      description: "as the BOM says",
      "bom-ref": "a",
      properties: [{ name: "x:y", value: "z" }],
    },
    { name: "b", version: "1", "bom-ref": "b" },
  ],
  DEPENDENCIES,
);

async function upload(projectName: string, bom = BOM): Promise<string> {
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: base64(bom) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  await processed(server, key, token);
  return projectUuid;
}

async function componentsOf(project: string): Promise<Record<string, Shown>> {
  const list = await server.request("GET", `/api/v1/component/project/${project}`, { key });
  const shown = list.json<Shown[]>().map(async ({ uuid }) => {
    const one = (await server.request("GET", `/api/v1/component/${uuid}`, { key })).json<Shown>();
    return [one.name, one] as const;
  });
  return Object.fromEntries(await Promise.all(shown));
}

test("the graph a BOM states is shown from the project down, and upwards from a component", async () => {
  const project = await upload("graph");
  const { a, b } = await componentsOf(project);
  const namesOf = async (path: string) =>
    (await server.request("GET", path, { key })).json<Shown[]>().map(({ name }) => name);
  expect(await namesOf(`/api/v1/dependencyGraph/project/${project}/directDependencies`)).toEqual(["a"]);
  expect(await namesOf(`/api/v1/dependencyGraph/component/${a?.uuid}/directDependencies`)).toEqual(["b"]);
  const paths = (await server.request("GET", `/api/v2/components/${b?.uuid}/paths`, { key })).json();
  expect(paths).toMatchObject({ graph: "COMPLETE", direct: false, paths: [[{ name: "a" }, { name: "b" }]] });
});

describe("the next import of the same BOM", () => {
  test("takes back what was changed by hand and brings back what was deleted, with its edges; notes and UUIDs stay", async () => {
    const project = await upload("changed by hand");
    const before = await componentsOf(project);
    const { a, b } = before as { a: Shown; b: Shown };
    const change = { uuid: b.uuid, description: "by hand", notes: "ours" };
    await server.request("POST", "/api/v1/component", { key, body: change });
    await server.request("DELETE", `/api/v1/component/${a.uuid}`, { key });
    await server.request("PUT", `/api/v1/component/project/${project}`, { key, body: { name: "c" } });
    expect(Object.keys(await componentsOf(project)).sort()).toEqual(["b", "c"]);
    await upload("changed by hand");
    const after = await componentsOf(project);
    expect(Object.keys(after).sort()).toEqual(["a", "b"]);
    expect(after.b).toEqual({ ...b, notes: "ours" });
    expect(after.a?.directDependencies).toEqual(a.directDependencies);
  });

  test("takes back properties, too", async () => {
    const project = await upload("properties");
    const { a } = (await componentsOf(project)) as { a: Shown };
    const property = { groupName: "g", propertyName: "n", propertyValue: "v", propertyType: "STRING" };
    const path = `/api/v1/component/${a.uuid}/property`;
    expect((await server.request("PUT", path, { key, body: property })).statusCode).toBe(201);
    await upload("properties");
    expect((await server.request("GET", path, { key })).json()).toMatchObject([{ groupName: "x", propertyName: "y" }]);
  });
});

describe("a component made by hand", () => {
  test("is matched, though the project is being analysed already", async () => {
    await seed.advisory({ id: "OSV-2026-7", packageKey: "npm/weak", versions: ["1.0.0"] });
    const project = await upload("matched");
    const body = { name: "weak", version: "1.0.0", purl: "pkg:npm/weak@1.0.0" };
    await server.request("PUT", `/api/v1/component/project/${project}`, { key, body: { name: "first" } });
    expect((await server.request("PUT", `/api/v1/component/project/${project}`, { key, body })).statusCode).toBe(201);
    const matched =
      "select 1 from vulnerability_match m join component_identity i on i.id = m.identity_id where i.name = 'weak'";
    await until("it is matched", async () => (await seed.rows(matched)).length > 0, SOON_MS);
  });
});

describe("internal components", () => {
  const rule = async (propertyValue: string) => {
    const property = { groupName: "internal-components", propertyName: "names.regex", propertyValue };
    const answer = await server.request("POST", "/api/v1/configProperty", { key, body: property });
    expect(answer.statusCode, answer.payload).toBe(200);
  };
  const identify = async () => {
    const answer = await server.request("GET", "/api/v1/component/internal/identify", { key });
    expect([answer.statusCode, answer.payload]).toEqual([204, ""]);
    const active = "select 1 from wf_run where instance_id = $1 and status in ('CREATED', 'RUNNING', 'SUSPENDED')";
    await until("all are looked at", async () => (await seed.rows(active, [IDENTIFYING])).length === 0, SOON_MS);
  };
  const internal = async (project: string) =>
    Object.values(await componentsOf(project))
      .filter(({ isInternal }) => isInternal)
      .map(({ name }) => name);

  test("are told anew on demand, and by the next import of the same BOM after the rule went back", async () => {
    const project = await upload("internal");
    expect(await internal(project)).toEqual([]);
    await rule("a");
    await identify();
    expect(await internal(project)).toEqual(["a"]);
    await rule("");
    await upload("internal");
    expect(await internal(project)).toEqual([]);
  });

  test("are not told anew by who may not", async () => {
    expect((await server.request("GET", "/api/v1/component/internal/identify")).statusCode).toBe(401);
    const { key: reader } = await server.keyWith(["VIEW_PORTFOLIO"]);
    expect((await server.request("GET", "/api/v1/component/internal/identify", { key: reader })).statusCode).toBe(403);
  });
});
