import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../platform/clock/clock.ts";
import { fileProperties } from "../../../platform/files/index.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { base64, bomOf } from "../testing.ts";
import { cleanUploads } from "./clean-uploads.ts";
import { endAbandonedUploads } from "./end-abandoned-uploads.ts";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await testServer();
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD"])).key;
});
afterAll(() => server?.close());

const folder = () => join(server.config.get(fileProperties.directory), "bom-upload");
const deps = () => {
  const { database, files, engine } = server;
  return { database, files, clock: systemClock, engine: engine.client } as Parameters<typeof cleanUploads>[0];
};
const clean = () => cleanUploads(deps(), AbortSignal.timeout(10_000));
const endAbandoned = () => endAbandonedUploads(deps(), AbortSignal.timeout(10_000));
const run = (sql: string, values: unknown[] = []) => server.database.executor.query<{ outcome: string }>(sql, values);

async function upload(projectName: string): Promise<string> {
  const body = { projectName, autoCreate: true, bom: base64(bomOf([])) };
  const headers = { "idempotency-key": projectName };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body, headers });
  expect(answer.statusCode, answer.payload).toBe(200);
  return answer.json<{ token: string }>().token;
}

async function age(token: string) {
  const old = new Date(Date.now() - 25 * 3_600_000);
  await utimes(join(folder(), token), old, old);
  await run("update bom_upload set received_at = now() - interval '25 hours' where token = $1", [token]);
}

test("files nobody waits for go after a day, those of waiting uploads and young ones stay", async () => {
  const [waiting, cancelled] = [await upload("waiting"), await upload("cancelled")];
  const [orphan, young] = [systemClock.uuidV7(), systemClock.uuidV7()];
  for (const token of [orphan, young]) await server.files.put(`bom-upload/${token}`, Readable.from(["x"]));
  for (const token of [waiting, cancelled, orphan]) await age(token);
  const [run1] = await server.engine.client.listRuns({ labels: { token: cancelled }, limit: 1 });
  await server.engine.client.cancel(run1?.id ?? "");
  await endAbandoned();
  await clean();
  expect((await readdir(folder())).sort()).toEqual([waiting, young].sort());
  const { rows } = await run("select outcome from bom_upload where token = $1", [cancelled]);
  expect(rows).toEqual([{ outcome: "FAILED" }]);
});

test("an upload whose workflow crashed with its worker ends FAILED with the run's reason, told once; running ones stay", async () => {
  const [crashed, running] = [await upload("crashed"), await upload("running")];
  for (const token of [crashed, running]) await age(token);
  const [crashedRun] = await server.engine.client.listRuns({ labels: { token: crashed }, limit: 1 });
  const error = { message: "crashed its worker: taken over 3 times", type: "CrashedWorker", retryable: false };
  await run("update wf_run set status = 'FAILED', error = $2, finished_at = now() where id = $1", [
    crashedRun?.id,
    error,
  ]);
  await endAbandoned();
  await endAbandoned();
  const { rows } = await run("select token, outcome, failure_reason from bom_upload where token = any($1)", [
    [crashed, running],
  ]);
  expect(rows).toContainEqual({ token: crashed, outcome: "FAILED", failure_reason: error.message });
  expect(rows).toContainEqual({ token: running, outcome: null, failure_reason: null });
  const told = await run("select 1 from outbox_event where type = 'BOM_PROCESSING_FAILED' and payload->>'token' = $1", [
    crashed,
  ]);
  expect(told.rows).toHaveLength(1);
  expect(await readdir(folder())).not.toContain(crashed);
});

test("ended uploads go after a week, idempotency keys after a day", async () => {
  const [old, recent] = [await upload("old"), await upload("recent")];
  await run("update bom_upload set ended_at = now() - interval '8 days' where token = $1", [old]);
  await run("update bom_upload set ended_at = now() - interval '6 days' where token = $1", [recent]);
  await run("update upload_idempotency set created_at = now() - interval '25 hours' where key = 'old'");
  await clean();
  expect((await run("select 1 from bom_upload where token = any($1)", [[old, recent]])).rows).toHaveLength(1);
  expect((await run("select 1 from upload_idempotency where key in ('old', 'recent')")).rows).toHaveLength(1);
});
