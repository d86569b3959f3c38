import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let admin: { authorization: string };
beforeAll(async () => {
  server = await testServer();
  admin = { authorization: `Bearer ${await server.adminToken()}` };
});
afterAll(() => server?.close());

const form = (fields: Record<string, string>) => ({
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});

async function newUser(username: string, extra: Record<string, unknown> = {}) {
  const body = { username, newPassword: "first secret", confirmPassword: "first secret", ...extra };
  return server.request("PUT", "/api/v1/user/managed", { headers: admin, body });
}

async function login(username: string, password: string) {
  return server.request("POST", "/api/v1/user/login", form({ username, password }));
}

describe("login", () => {
  test("the first login of admin/admin is refused until the password is changed", async () => {
    const fresh = await testServer();
    const refused = await fresh.request("POST", "/api/v1/user/login", form({ username: "admin", password: "admin" }));
    expect([refused.statusCode, refused.payload]).toEqual([401, "FORCE_PASSWORD_CHANGE"]);
    expect((await fresh.adminToken()).length).toBe(43);
    await fresh.close();
  });

  test("wrong passwords and unknown users get the same answer", async () => {
    for (const username of ["admin", "nobody"]) {
      const answer = await login(username, "wrong");
      expect([answer.statusCode, answer.payload]).toEqual([401, "INVALID_CREDENTIALS"]);
    }
  });

  test("a suspended user is refused and loses running sessions", async () => {
    await newUser("suspended");
    const token = (await login("suspended", "first secret")).payload;
    await server.request("POST", "/api/v1/user/managed", {
      headers: admin,
      body: { username: "suspended", suspended: true },
    });
    expect(
      (await server.request("GET", "/api/v1/user/self", { headers: { authorization: `Bearer ${token}` } })).statusCode,
    ).toBe(401);
    const again = await login("suspended", "first secret");
    expect([again.statusCode, again.payload]).toEqual([403, "SUSPENDED"]);
  });

  test("logging out ends the session", async () => {
    await newUser("leaving");
    const headers = { authorization: `Bearer ${(await login("leaving", "first secret")).payload}` };
    expect((await server.request("GET", "/api/v1/user/self", { headers })).statusCode).toBe(200);
    expect((await server.request("POST", "/api/v1/user/logout", { headers })).statusCode).toBe(204);
    expect((await server.request("GET", "/api/v1/user/self", { headers })).statusCode).toBe(401);
  });

  test("a new password must differ, be confirmed, and ends sessions", async () => {
    await newUser("changing");
    const headers = { authorization: `Bearer ${(await login("changing", "first secret")).payload}` };
    const change = (newPassword: string, confirmPassword: string) =>
      server.request(
        "POST",
        "/api/v1/user/forceChangePassword",
        form({ username: "changing", password: "first secret", newPassword, confirmPassword }),
      );
    expect((await change("first secret", "first secret")).statusCode).toBe(406);
    expect((await change("second secret", "other")).statusCode).toBe(406);
    expect((await change("second secret", "second secret")).statusCode).toBe(200);
    expect((await server.request("GET", "/api/v1/user/self", { headers })).statusCode).toBe(401);
    expect((await login("changing", "second secret")).statusCode).toBe(200);
  });
});

describe("API keys", () => {
  test("a key works until it is revoked, and is shown in full only once", async () => {
    const { key, teamUuid } = await server.keyWith(["VIEW_PORTFOLIO"]);
    expect(key).toMatch(/^odt_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
    const self = await server.request("GET", "/api/v1/team/self", { key });
    expect(self.json()).toMatchObject({ uuid: teamUuid, permissions: [{ name: "VIEW_PORTFOLIO" }] });
    const team = await server.request("GET", `/api/v1/team/${teamUuid}`, { headers: admin });
    expect(team.payload).not.toContain(key.split("_")[2]);
    expect((await server.request("DELETE", `/api/v1/team/key/${key}`, { headers: admin })).statusCode).toBe(204);
    expect((await server.request("GET", "/api/v1/team/self", { key })).statusCode).toBe(401);
  });

  test("a regenerated key keeps its public id; the old secret is refused", async () => {
    const { key } = await server.keyWith([]);
    const renewed = await server.request("POST", `/api/v1/team/key/${key.split("_")[1]}`, { headers: admin });
    const { key: newKey } = renewed.json<{ key: string }>();
    expect(newKey.split("_")[1]).toBe(key.split("_")[1]);
    expect((await server.request("GET", "/api/v1/team/visible", { key })).statusCode).toBe(401);
    expect((await server.request("GET", "/api/v1/team/visible", { key: newKey })).statusCode).toBe(200);
  });

  test("a key of a deleted team is refused", async () => {
    const { key, teamUuid } = await server.keyWith([]);
    expect(
      (await server.request("DELETE", "/api/v1/team", { headers: admin, body: { uuid: teamUuid } })).statusCode,
    ).toBe(204);
    expect((await server.request("GET", "/api/v1/team/visible", { key })).statusCode).toBe(401);
  });

  test("when a key was last used is written", async () => {
    const { key, teamUuid } = await server.keyWith([]);
    await server.request("GET", "/api/v1/team/visible", { key });
    await server.stopFeatures();
    const { rows } = await server.database.executor.query<{ used: boolean }>(
      "select k.last_used_at is not null as used from api_key k join api_key_team kt on kt.api_key_id = k.id join team t on t.id = kt.team_id where t.uuid = $1",
      [teamUuid],
    );
    expect(rows).toEqual([{ used: true }]);
  });
});

describe("every route of users, teams and permissions", () => {
  const uuid = "00000000-0000-4000-8000-000000000000";
  const guarded: [string, string, unknown?][] = [
    ["GET", "/api/v1/team"],
    ["PUT", "/api/v1/team", { name: "x" }],
    ["POST", "/api/v1/team", { uuid, name: "x" }],
    ["DELETE", "/api/v1/team", { uuid }],
    ["GET", `/api/v1/team/${uuid}`],
    ["PUT", `/api/v1/team/${uuid}/key`],
    ["POST", "/api/v1/team/key/abcdefgh"],
    ["DELETE", "/api/v1/team/key/abcdefgh"],
    ["GET", "/api/v1/user/managed"],
    ["PUT", "/api/v1/user/managed", { username: "x" }],
    ["POST", "/api/v1/user/managed", { username: "x" }],
    ["DELETE", "/api/v1/user/managed", { username: "x" }],
    ["POST", "/api/v1/user/x/membership", { uuid }],
    ["DELETE", "/api/v1/user/x/membership", { uuid }],
    ["PUT", "/api/v1/user/membership", { username: "x", teams: [] }],
    ["GET", "/api/v1/permission"],
    ["PUT", "/api/v1/permission/team", { team: uuid, permissions: [] }],
    ["PUT", "/api/v1/permission/user", { username: "x", permissions: [] }],
    ["POST", `/api/v1/permission/BOM_UPLOAD/team/${uuid}`],
    ["DELETE", "/api/v1/permission/BOM_UPLOAD/user/x"],
  ];

  test.each(guarded)("%s %s answers 401 to nobody and 403 without the permission", async (method, path, body) => {
    const { key } = await server.keyWith(["VIEW_PORTFOLIO", "BOM_UPLOAD"]);
    const nobody = await server.request(method, path, { body });
    expect([nobody.statusCode, nobody.payload]).toEqual([401, ""]);
    const unprivileged = await server.request(method, path, { body, key });
    expect([unprivileged.statusCode, unprivileged.payload]).toEqual([403, ""]);
  });

  test.each(guarded.filter(([, path]) => /00000000|abcdefgh|\/x/.test(path)))(
    "%s %s answers 404 for what is not there",
    async (method, path, body) => {
      expect((await server.request(method, path, { headers: admin, body })).statusCode).toBe(404);
    },
  );

  test("bad bodies and parameters answer 400 naming the member", async () => {
    const blank = await server.request("PUT", "/api/v1/team", { headers: admin, body: { name: "  " } });
    expect([blank.statusCode, blank.json<{ path: string }[]>()[0]?.path]).toEqual([400, "name"]);
    const notUuid = await server.request("GET", "/api/v1/team/not-a-uuid", { headers: admin });
    expect([notUuid.statusCode, notUuid.json<{ path: string }[]>()[0]?.path]).toEqual([400, "uuid"]);
  });

  test("names are unique", async () => {
    expect((await server.request("PUT", "/api/v1/team", { headers: admin, body: { name: "twice" } })).statusCode).toBe(
      201,
    );
    expect((await server.request("PUT", "/api/v1/team", { headers: admin, body: { name: "twice" } })).statusCode).toBe(
      409,
    );
    expect((await newUser("twice")).statusCode).toBe(201);
    expect((await newUser("twice")).statusCode).toBe(409);
  });

  test("membership gives and takes a team's permissions at once; repeating it answers 304", async () => {
    const { teamUuid } = await server.keyWith(["ACCESS_MANAGEMENT_READ"]);
    await newUser("member");
    const headers = { authorization: `Bearer ${(await login("member", "first secret")).payload}` };
    const read = async () => (await server.request("GET", "/api/v1/team", { headers })).statusCode;
    const change = async (method: string) =>
      (await server.request(method, "/api/v1/user/member/membership", { headers: admin, body: { uuid: teamUuid } }))
        .statusCode;
    expect(await read()).toBe(403);
    expect(await change("POST")).toBe(200);
    expect(await change("POST")).toBe(304);
    expect(await read()).toBe(200);
    expect(await change("DELETE")).toBe(200);
    expect(await read()).toBe(403);
  });

  test("lists tell their total", async () => {
    const page = await server.request("GET", "/api/v1/team?pageNumber=1&pageSize=2", { headers: admin });
    expect(page.json<unknown[]>()).toHaveLength(2);
    expect(Number(page.headers["x-total-count"])).toBeGreaterThan(2);
  });
});
