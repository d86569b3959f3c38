import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf, processed } from "../testing.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ working: true });
});
afterAll(() => server?.close());

const ask = async <R extends object>(text: string, values: unknown[]) =>
  (await server.database.executor.query<R>(text, values)).rows;

test("an import whose effect stands is repeated without its file, as after a restore, and changes nothing", async () => {
  const { key } = await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"]);
  const body = { projectName: "again", projectVersion: "1", autoCreate: true, bom: base64(bomOf([{ name: "a" }])) };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  const { token } = answer.json() as { token: string };
  await processed(server, key, token);

  const [run] = await ask<{ id: string }>("select id from wf_run where kind = 'activity' and name = 'import-bom'", []);
  const statusOf = async () =>
    (await ask<{ status: string }>("select status from wf_run where id = $1", [run?.id]))[0]?.status;
  const back = "update wf_run set status = 'SUSPENDED', output = null, finished_at = null where id = $1";
  await ask(back, [run?.id]);
  await vi.waitUntil(async () => !["SUSPENDED", "RUNNING"].includes((await statusOf()) ?? ""), { timeout: 60_000 });
  expect(await statusOf()).toBe("COMPLETED");
  expect(await ask("select outcome, failure_reason from bom_upload where token = $1", [token])).toEqual([
    { outcome: "PROCESSED", failure_reason: null },
  ]);
});
