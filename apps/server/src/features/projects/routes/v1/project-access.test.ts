import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  server = await testServer();
  admin = { authorization: `Bearer ${await server.adminToken()}` };
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

async function create(body: object, key: string): Promise<Project> {
  const answer = await server.request("PUT", "/api/v1/project", { key, body });
  expect(answer.statusCode, answer.payload).toBe(201);
  return answer.json<Project>();
}

function call(method: string, path: string, body: unknown, key: string) {
  return server.request(method, `/api/v1${path}`, { key, ...(body === undefined ? {} : { body }) });
}

async function setAcl(on: boolean) {
  const body = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: String(on) };
  const answer = await server.request("POST", "/api/v1/configProperty", { headers: admin, body });
  expect(answer.statusCode).toBe(200);
}

describe("portfolio access control", () => {
  test("keys see what their team may see, below it too, and nothing else, in every way to ask", async () => {
    const ours = await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"]);
    const theirs = await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"]);
    await setAcl(true);
    try {
      const prefix = fresh("acl");
      const top = await create(
        { name: `${prefix}-top`, version: "1", isLatest: true, tags: [{ name: prefix }] },
        ours.key,
      );
      const below = await create({ name: `${prefix}-below`, parent: { uuid: top.uuid } }, ours.key);
      const listed = async (key: string) => {
        const answer = await call("GET", `/project?searchText=${prefix}`, undefined, key);
        return [answer.headers["x-total-count"], answer.json<Project[]>().map(({ uuid }) => uuid)];
      };
      expect(await listed(ours.key)).toEqual(["2", [below.uuid, top.uuid]]);
      expect(await listed(theirs.key)).toEqual(["0", []]);
      for (const [method, path, body] of [
        ["GET", `/project/${below.uuid}`],
        ["GET", `/project/${top.uuid}/children`],
        ["GET", `/project/lookup?name=${prefix}-top&version=1`],
        ["GET", `/project/latest/${prefix}-top`],
        ["PATCH", `/project/${top.uuid}`, { description: "x" }],
        ["POST", "/project", { uuid: top.uuid }],
        ["DELETE", `/project/${top.uuid}`],
        ["PUT", "/project", { name: `${prefix}-new`, parent: { uuid: top.uuid } }],
        ["PUT", "/project", { name: `${prefix}-top`, version: "2", isLatest: true }],
      ] as const) {
        const answer = await call(method, path, body, theirs.key);
        expect([method, path, answer.statusCode]).toEqual([method, path, 403]);
        expect(answer.headers["content-type"]).toContain("application/problem+json");
        expect(answer.json()).toMatchObject({ title: "Project access denied", status: 403 });
      }
      expect((await call("POST", "/project/batchDelete", [top.uuid], theirs.key)).statusCode).toBe(204);
      const tag = await call("GET", `/tag?searchText=${prefix}`, undefined, theirs.key);
      expect(tag.json()).toMatchObject([{ projectCount: 0 }]);
      const mapping = { team: theirs.teamUuid, project: below.uuid };
      const map = (method: string, path: string, body?: unknown) =>
        server.request(method, `/api/v1/acl/${path}`, { headers: admin, ...(body === undefined ? {} : { body }) });
      expect((await map("PUT", "mapping", mapping)).json()).toEqual(mapping);
      expect((await map("PUT", "mapping", mapping)).statusCode).toBe(409);
      expect((await map("PUT", "mapping", { ...mapping, project: UNKNOWN })).statusCode).toBe(404);
      expect((await map("GET", `team/${theirs.teamUuid}`)).json()).toMatchObject([{ uuid: below.uuid }]);
      expect(await listed(theirs.key)).toEqual(["1", [below.uuid]]);
      const seen = (await call("GET", `/project/${below.uuid}`, undefined, theirs.key)).json<Project>();
      expect(seen.parent).toBeUndefined();
      expect((await map("DELETE", `mapping/team/${mapping.team}/project/${mapping.project}`)).statusCode).toBe(200);
      expect(await listed(theirs.key)).toEqual(["0", []]);
      const bypass = await server.keyWith(["VIEW_PORTFOLIO", "PORTFOLIO_ACCESS_CONTROL_BYPASS"]);
      expect((await listed(bypass.key))[0]).toBe("2");
    } finally {
      await setAcl(false);
    }
  });

  test("a user without ACCESS_MANAGEMENT must choose a team of his own", async () => {
    const body = { username: fresh("user"), newPassword: "secret one", confirmPassword: "secret one" };
    await server.request("PUT", "/api/v1/user/managed", { headers: admin, body });
    const team = (await server.request("PUT", "/api/v1/team", { headers: admin, body: { name: fresh("team") } })).json<{
      uuid: string;
    }>();
    const foreign = (
      await server.request("PUT", "/api/v1/team", { headers: admin, body: { name: fresh("team") } })
    ).json<{ uuid: string }>();
    const permissions = ["VIEW_PORTFOLIO", "PORTFOLIO_MANAGEMENT"];
    await server.request("PUT", "/api/v1/permission/team", { headers: admin, body: { team: team.uuid, permissions } });
    await server.request("PUT", "/api/v1/user/membership", {
      headers: admin,
      body: { username: body.username, teams: [team.uuid] },
    });
    const login = await server.request("POST", "/api/v1/user/login", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ username: body.username, password: body.newPassword }).toString(),
    });
    const headers = { authorization: `Bearer ${login.payload}` };
    const put = (accessTeams?: object[]) =>
      server.request("PUT", "/api/v1/project", { headers, body: { name: fresh("users"), accessTeams } });
    await setAcl(true);
    try {
      expect((await put()).statusCode).toBe(400);
      expect((await put([{}])).statusCode).toBe(400);
      expect((await put([{ uuid: foreign.uuid }])).statusCode).toBe(400);
      const created = await put([{ uuid: team.uuid }]);
      expect(created.statusCode).toBe(201);
      const read = await server.request("GET", `/api/v1/project/${created.json<Project>().uuid}`, { headers });
      expect(read.statusCode).toBe(200);
    } finally {
      await setAcl(false);
    }
  });
});
