import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

/** Here nothing is carried out: started runs wait. */
let server: TestServer;
let seed: Seed;
let key: string;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  key = (await server.keyWith(["VULNERABILITY_ANALYSIS"])).key;
});
afterAll(() => server?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

function analyze(uuid: string, caller: string | undefined = key) {
  const options = caller === undefined ? {} : { key: caller };
  return server.request("POST", `/api/v1/finding/project/${uuid}/analyze`, options);
}

test("an analysis is started as a manual run of the project, before uploads", async () => {
  const project = await seed.project();
  const answer = await analyze(project.uuid);
  expect(answer.statusCode, answer.payload).toBe(200);
  const { token } = answer.json<{ token: string }>();
  const [run] = await seed.rows(
    "select name, instance_id, concurrency_key, priority, labels from wf_run where id = $1",
    [token],
  );
  expect(run).toEqual({
    name: "analyze-project",
    instance_id: `analyze-project-manual:${project.uuid}`,
    concurrency_key: `analyze-project:${project.uuid}`,
    priority: 75,
    labels: { project: project.uuid, trigger: "manual" },
  });
});

test("asked for by several at once there is one, and all get its token", async () => {
  const project = await seed.project();
  const answers = await Promise.all(Array.from({ length: 5 }, () => analyze(project.uuid)));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
  expect(new Set(answers.map((answer) => answer.json<{ token: string }>().token)).size).toBe(1);
});

test("the analysis of one project does not stand for another's", async () => {
  const [one, two] = [await analyze((await seed.project()).uuid), await analyze((await seed.project()).uuid)];
  expect(one.json<{ token: string }>().token).not.toBe(two.json<{ token: string }>().token);
});

test("refused: a UUID that is none, nobody, a missing permission, an unknown project", async () => {
  const { uuid } = await seed.project();
  expect((await analyze("nonsense")).statusCode).toBe(400);
  expect((await server.request("POST", `/api/v1/finding/project/${uuid}/analyze`)).statusCode).toBe(401);
  const { key: other } = await server.keyWith(["VIEW_VULNERABILITY", "VIEW_PORTFOLIO"]);
  expect((await analyze(uuid, other)).statusCode).toBe(403);
  expect((await analyze(UNKNOWN)).statusCode).toBe(404);
});

test("another team's project is refused while access control is on", async () => {
  const { uuid } = await seed.project();
  const headers = { authorization: `Bearer ${await server.adminToken()}` };
  const property = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
  const on = await server.request("POST", "/api/v1/configProperty", { headers, body: property });
  expect(on.statusCode).toBe(200);
  const mapped = await server.keyWith(["VULNERABILITY_ANALYSIS"]);
  const body = { team: mapped.teamUuid, project: uuid };
  expect((await server.request("PUT", "/api/v1/acl/mapping", { headers, body })).statusCode).toBe(200);
  expect((await analyze(uuid)).statusCode).toBe(403);
  expect((await analyze(uuid, mapped.key)).statusCode).toBe(200);
  expect(await seed.rows("select 1 from wf_run where labels->>'project' = $1", [uuid])).toHaveLength(1);
});
