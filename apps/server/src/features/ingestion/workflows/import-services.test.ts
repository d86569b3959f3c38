import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { emptyProject, listServices } from "../../components/index.ts";
import { base64, bomOf, processed } from "../testing.ts";

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await testServer({ working: true });
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"])).key;
});
afterAll(() => server?.close());

interface Service {
  uuid: string;
  name: string;
  [member: string]: unknown;
}

async function imported(projectName: string, services: object[]): Promise<Service[]> {
  const bom = base64(bomOf([{ name: "a", version: "1" }], { services }));
  const body = { projectName, projectVersion: "1", autoCreate: true, bom };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  await processed(server, key, token);
  return (await server.request("GET", `/api/v1/service/project/${projectUuid}`, { key })).json<Service[]>();
}

async function rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(sql, values)).rows;
}

const written = (projectName: string) =>
  rows(
    "select s.xmin::text, s.uuid from service s join project p on p.id = s.project_id where p.name = $1 order by s.uuid",
    [projectName],
  );

const projectIdOf = async (name: string) =>
  (await rows<{ id: number }>("select id from project where name = $1", [name]))[0]?.id ?? 0;

const PAY = {
  group: "org.shop",
  name: "pay",
  version: "2",
  description: "Takes money.",
  authenticated: false,
  "x-trust-boundary": true,
  provider: { name: "Shop", url: ["https://shop.example"] },
  data: [{ flow: "bi-directional", classification: "card" }],
  endpoints: ["https://pay.shop.example/v2"],
};

test("services of a BOM are shown, nested ones too, equal ones once", async () => {
  const services = [{ ...PAY, services: [{ name: "audit" }] }, { ...PAY, description: "Again." }, { name: "audit" }];
  const shown = await imported("services", services);
  expect(shown).toMatchObject([
    { name: "audit" },
    {
      group: "org.shop",
      name: "pay",
      version: "2",
      description: "Takes money.",
      authenticated: false,
      crossesTrustBoundary: true,
      provider: { name: "Shop", urls: ["https://shop.example"] },
      data: [{ name: "card", direction: "BI_DIRECTIONAL" }],
      endpoints: ["https://pay.shop.example/v2"],
    },
  ]);
});

test("importing the same again writes no service; a change keeps the UUID; what is gone is removed", async () => {
  const [audit, pay] = await imported("again", [{ name: "audit" }, PAY]);
  const before = await written("again");
  await imported("again", [PAY, { name: "audit" }]);
  expect(await written("again")).toEqual(before);
  const changed = await imported("again", [{ name: "audit" }, { ...PAY, description: "Gives money." }]);
  expect(changed).toEqual([audit, { ...pay, description: "Gives money." }]);
  expect(await imported("again", [{ name: "audit" }])).toEqual([audit]);
  expect(await imported("again", [])).toEqual([]);
});

test("an import notices what was done by hand: changed, added, removed; notes stay", async () => {
  const [audit, pay] = await imported("hands", [{ name: "audit" }, PAY]);
  const body = { uuid: pay?.uuid, description: "By hand.", notes: "Ask Bob." };
  expect((await server.request("POST", "/api/v1/service", { key, body })).statusCode).toBe(200);
  expect((await server.request("DELETE", `/api/v1/service/${audit?.uuid}`, { key })).statusCode).toBe(204);
  const { uuid } = (pay?.project ?? {}) as { uuid?: string };
  const added = await server.request("PUT", `/api/v1/service/project/${uuid}`, { key, body: { name: "mine" } });
  expect(added.statusCode).toBe(201);
  const shown = await imported("hands", [{ name: "audit" }, PAY]);
  expect(shown).toEqual([
    { ...audit, uuid: expect.any(String) },
    { ...pay, notes: "Ask Bob." },
  ]);
});

test("a name too long for an index is kept", async () => {
  const name = "x".repeat(5_000);
  expect(await imported("long", [{ name }])).toMatchObject([{ name }]);
});

test("all services are exported batch by batch as they came in, and emptying a project takes them", async () => {
  const names = Array.from({ length: 2_500 }, (_, index) => `service-${index}`);
  await imported("many", [...names.map((name) => ({ name })), PAY]);
  const projectId = await projectIdOf("many");
  const exported = [];
  for await (const batch of listServices(server.database.db, projectId)) exported.push(...batch);
  expect(exported.map(({ name }) => name).sort()).toEqual([...names, "pay"].sort());
  const { uuid, ...pay } = exported.find(({ name }) => name === "pay") ?? {};
  expect(pay).toEqual({
    group: "org.shop",
    name: "pay",
    version: "2",
    description: "Takes money.",
    authenticated: false,
    crossesTrustBoundary: true,
    provider: { name: "Shop", urls: ["https://shop.example"], contacts: [] },
    data: [{ name: "card", direction: "BI_DIRECTIONAL" }],
    endpoints: ["https://pay.shop.example/v2"],
  });
  await emptyProject(server.database, projectId);
  expect(await rows("select 1 from service where project_id = $1", [projectId])).toEqual([]);
});
