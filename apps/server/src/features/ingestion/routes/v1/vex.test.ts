import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { base64, bomOf, formOf, type TestPart, UploadServer } from "../../testing.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";
const VEX = bomOf([], { vulnerabilities: [] });

let uploads: UploadServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  uploads = await UploadServer.start();
  seed = new Seed(uploads.server.database.executor);
  key = (await uploads.server.keyWith(["VULNERABILITY_ANALYSIS_UPDATE", "VIEW_VULNERABILITY"])).key;
});
afterAll(() => uploads?.close());

const put = (body: unknown, as: string | undefined = key, headers: Record<string, string> = {}) =>
  uploads.server.request("PUT", "/api/v1/vex", { key: as, body, headers });
const asNobody = (method: string, path: string) => uploads.server.request(method, path, { body: {} });
const status = (token: string, as = key) =>
  uploads.server.request("GET", `/api/v2/internal/vex-imports/${token}`, { key: as });

function post(parts: readonly TestPart[]) {
  const { body, headers } = formOf(parts);
  return uploads.server.request("POST", "/api/v1/vex", { key, body, headers });
}

describe("an accepted VEX", () => {
  test("answers token and project; until its run has ended it is processing", async () => {
    const { uuid } = await seed.project();
    const answer = await put({ project: uuid, vex: base64(VEX) });
    expect(answer.statusCode, answer.payload).toBe(200);
    const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
    expect(projectUuid).toBe(uuid);
    expect(await uploads.rows("select id, concurrency_key, labels from wf_run where id = $1", [token])).toEqual([
      { id: token, concurrency_key: `import-vex:${uuid}`, labels: { token, project: uuid } },
    ]);
    const asked = await uploads.server.request("GET", `/api/v1/event/token/${token}`, { key });
    expect(asked.json()).toEqual({ processing: true });
    expect((await status(token)).json()).toMatchObject({ token, project_uuid: uuid, status: "PENDING", notes: [] });
  });

  test("comes as a form as well, for a project by name and version", async () => {
    const name = uploads.fresh("vex");
    const { uuid } = await seed.project(name);
    const answer = await post([
      { name: "vex", content: VEX, filename: "vex.json", type: "application/json" },
      { name: "projectName", content: name },
      { name: "projectVersion", content: "1.0" },
    ]);
    expect(answer.statusCode, answer.payload).toBe(200);
    expect(answer.json()).toMatchObject({ projectUuid: uuid });
  });

  test("sent again under its key is one import; the key does not stand for another document", async () => {
    const { uuid } = await seed.project();
    const header = { "idempotency-key": uuid };
    const body = { project: uuid, vex: base64(VEX) };
    const first = await put(body, key, header);
    expect((await put(body, key, header)).json()).toEqual(first.json());
    const other = { project: uuid, vex: base64(bomOf([{ name: "other" }])) };
    expect((await put(other, key, header)).statusCode).toBe(422);
    expect(await uploads.rows("select token from vex_import where project_uuid = $1", [uuid])).toHaveLength(1);
  });
});

describe("a refused VEX leaves nothing", () => {
  test("what is no VEX, no base64, or names no project is 400", async () => {
    const { uuid } = await seed.project();
    await uploads.leavesNothing(async () => {
      for (const body of [{ project: uuid, vex: "%" }, { vex: base64(VEX) }, { project: uuid }])
        expect((await put(body)).statusCode, JSON.stringify(body)).toBe(400);
      const invalid = await put({ project: uuid, vex: base64('{"bomFormat":"CycloneDX","specVersion":"9"}') });
      expect([invalid.statusCode, invalid.json()]).toMatchObject([400, { title: "The uploaded BOM is invalid" }]);
      const without = await post([{ name: "project", content: uuid }]);
      expect([without.statusCode, without.payload]).toEqual([400, "No VEX file provided."]);
    });
  });

  test("a collection project takes none", async () => {
    const { id, uuid } = await seed.project();
    await seed.rows("update project set collection_logic = 'AGGREGATE_DIRECT_CHILDREN' where id = $1", [id]);
    const answer = await put({ project: uuid, vex: base64(VEX) });
    expect([answer.statusCode, answer.payload]).toEqual([400, "VEX cannot be uploaded to collection project."]);
  });

  test("no project is created for it: an unknown one is 404", async () => {
    for (const named of [{ project: UNKNOWN }, { projectName: "nobody knows it" }])
      expect((await put({ ...named, vex: base64(VEX) })).statusCode).toBe(404);
    expect((await status(UNKNOWN)).statusCode).toBe(404);
  });

  test("nobody is 401, without the permission or for another team's project it is 403", async () => {
    const { uuid } = await seed.project();
    const { token } = (await put({ project: uuid, vex: base64(VEX) })).json<{ token: string }>();
    for (const [method, path] of [
      ["PUT", "/api/v1/vex"],
      ["POST", "/api/v1/vex"],
    ] as const)
      expect((await asNobody(method, path)).statusCode).toBe(401);
    expect((await uploads.server.request("GET", `/api/v2/internal/vex-imports/${token}`)).statusCode).toBe(401);
    const body = { project: uuid, vex: base64(VEX) };
    expect((await put(body, uploads.uploader)).statusCode).toBe(403);
    expect((await status(token, uploads.uploader)).statusCode).toBe(403);
    const admin = { authorization: `Bearer ${await uploads.server.adminToken()}` };
    const acl = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
    await uploads.server.request("POST", "/api/v1/configProperty", { headers: admin, body: acl });
    const denied = await put(body);
    expect([denied.statusCode, denied.json()]).toMatchObject([403, { title: "Project access denied" }]);
    expect((await status(token)).statusCode).toBe(403);
  });
});
