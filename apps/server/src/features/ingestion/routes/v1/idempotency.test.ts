import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileProperties } from "../../../../platform/files/index.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { base64, bomOf, formOf, type TestPart } from "../../testing.ts";

/** Here nothing is imported: started runs wait, so what a request stored can be looked at. */
let server: TestServer;
let uploader: string;

beforeAll(async () => {
  server = await testServer();
  uploader = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

const BOM = bomOf([{ name: "a", version: "1", purl: "pkg:npm/a@1" }]);
let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

const put = (body: unknown, key = uploader, headers: Record<string, string> = {}) =>
  server.request("PUT", "/api/v1/bom", { key, body, headers });

const post = (parts: readonly TestPart[], key = uploader, headers: Record<string, string> = {}) => {
  const form = formOf(parts);
  return server.request("POST", "/api/v1/bom", { key, body: form.body, headers: { ...form.headers, ...headers } });
};

const newProject = (extra: Record<string, unknown> = {}) => ({
  projectName: fresh("uploaded"),
  projectVersion: "1",
  autoCreate: true,
  bom: base64(BOM),
  ...extra,
});

async function rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await server.database.executor.query<R>(sql, values)).rows;
}

async function storedFiles(): Promise<string[]> {
  const directory = join(server.config.get(fileProperties.directory), "bom-upload");
  return (await readdir(directory).catch(() => [])).sort();
}

/** Nothing may stay of a refused upload. */
async function leavesNothing(refused: () => Promise<void>): Promise<void> {
  const before = [await storedFiles(), await countAll()];
  await refused();
  expect([await storedFiles(), await countAll()]).toEqual(before);
}

function countAll() {
  return rows(
    "select (select count(*) from bom_upload) as uploads, (select count(*) from wf_run) as runs, (select count(*) from project) as projects",
  );
}

describe("Idempotency-Key", () => {
  const withKey = (key: string) => ({ "idempotency-key": key });

  test("the same request again gets the same answer, in JSON and as a form, and nothing is doubled", async () => {
    const body = newProject();
    const first = await put(body, uploader, withKey("again-1"));
    expect(first.statusCode, first.payload).toBe(200);
    await leavesNothing(async () => {
      expect((await put(body, uploader, withKey("again-1"))).json()).toEqual(first.json());
      const parts: TestPart[] = [
        { name: "bom", content: BOM, filename: "bom.json", type: "application/json" },
        { name: "projectName", content: body.projectName },
        { name: "projectVersion", content: "1" },
        { name: "autoCreate", content: "true" },
      ];
      expect((await post(parts, uploader, withKey("again-1"))).json()).toEqual(first.json());
      const gzipped = { ...(parts[0] as TestPart), content: gzipSync(BOM), type: "application/gzip" };
      expect((await post([gzipped, ...parts.slice(1)], uploader, withKey("again-1"))).json()).toEqual(first.json());
    });
  });

  test("concurrent duplicates of a creating upload all get the winner's token", async () => {
    for (let round = 0; round < 5; round++) {
      const body = newProject();
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => put(body, uploader, withKey(`race-${round}`))));
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
      const tokens = new Set(answers.map((answer) => answer.json<{ token: string }>().token));
      expect(tokens.size).toBe(1);
      expect(await rows("select 1 from bom_upload where token = $1", [[...tokens][0]])).toHaveLength(1);
    }
    const files = await storedFiles();
    expect(files).toHaveLength((await rows("select 1 from bom_upload")).length);
  });

  test("another request under the same key is 422; another principal's key is another key", async () => {
    const body = newProject();
    const first = await put(body, uploader, withKey("other-1"));
    const other = await put({ ...body, bom: base64(bomOf([])) }, uploader, withKey("other-1"));
    expect([other.statusCode, other.json()]).toMatchObject([422, { type: "/problems/idempotency-key-reused" }]);
    expect((await put({ ...body, isActive: true }, uploader, withKey("other-1"))).statusCode).toBe(422);
    const { key } = await server.keyWith(["BOM_UPLOAD"]);
    const foreign = await put(body, key, withKey("other-1"));
    expect(foreign.statusCode).toBe(200);
    expect(foreign.json<{ token: string }>().token).not.toBe(first.json<{ token: string }>().token);
  });

  test("a key is free again after 24 hours, and after a refused request", async () => {
    const body = newProject();
    expect((await put({ ...body, autoCreate: false }, uploader, withKey("free-1"))).statusCode).toBe(404);
    const first = await put(body, uploader, withKey("free-1"));
    expect(first.statusCode).toBe(200);
    await server.database.executor.query(
      "update upload_idempotency set created_at = now() - interval '24 hours 1 second'",
    );
    const second = await put(body, uploader, withKey("free-1"));
    expect(second.json<{ token: string }>().token).not.toBe(first.json<{ token: string }>().token);
  });

  test("keys that are too long or not printable are 400", async () => {
    for (const key of ["x".repeat(256), "caf\u00e9", " "]) {
      expect((await put(newProject(), uploader, withKey(key))).statusCode).toBe(400);
    }
    expect((await put(newProject(), uploader, withKey("x".repeat(255)))).statusCode).toBe(200);
  });
});
