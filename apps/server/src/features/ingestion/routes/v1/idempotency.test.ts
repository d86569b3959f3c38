import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { base64, bomOf, SMALL_BOM, type TestPart, UploadServer } from "../../testing.ts";

let uploads: UploadServer;
beforeAll(async () => {
  uploads = await UploadServer.start();
});
afterAll(() => uploads?.close());

describe("Idempotency-Key", () => {
  const withKey = (key: string) => ({ "idempotency-key": key });

  test("the same request again gets the same answer, in JSON and as a form, and nothing is doubled", async () => {
    const body = uploads.newProject();
    const first = await uploads.put(body, uploads.uploader, withKey("again-1"));
    expect(first.statusCode, first.payload).toBe(200);
    await uploads.leavesNothing(async () => {
      expect((await uploads.put(body, uploads.uploader, withKey("again-1"))).json()).toEqual(first.json());
      const parts: TestPart[] = [
        { name: "bom", content: SMALL_BOM, filename: "bom.json", type: "application/json" },
        { name: "projectName", content: body.projectName },
        { name: "projectVersion", content: "1" },
        { name: "autoCreate", content: "true" },
      ];
      expect((await uploads.post(parts, uploads.uploader, withKey("again-1"))).json()).toEqual(first.json());
      const gzipped = { ...(parts[0] as TestPart), content: gzipSync(SMALL_BOM), type: "application/gzip" };
      expect((await uploads.post([gzipped, ...parts.slice(1)], uploads.uploader, withKey("again-1"))).json()).toEqual(
        first.json(),
      );
    });
  });

  test("concurrent duplicates of a creating upload all get the winner's token", async () => {
    for (let round = 0; round < 5; round++) {
      const body = uploads.newProject();
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map(() => uploads.put(body, uploads.uploader, withKey(`race-${round}`))),
      );
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
      const tokens = new Set(answers.map((answer) => answer.json<{ token: string }>().token));
      expect(tokens.size).toBe(1);
      expect(await uploads.rows("select 1 from bom_upload where token = $1", [[...tokens][0]])).toHaveLength(1);
    }
    const files = await uploads.storedFiles();
    expect(files).toHaveLength((await uploads.rows("select 1 from bom_upload")).length);
  });

  test("another request under the same key is 422; another principal's key is another key", async () => {
    const body = uploads.newProject();
    const first = await uploads.put(body, uploads.uploader, withKey("other-1"));
    const other = await uploads.put({ ...body, bom: base64(bomOf([])) }, uploads.uploader, withKey("other-1"));
    expect([other.statusCode, other.json()]).toMatchObject([422, { type: "/problems/idempotency-key-reused" }]);
    expect((await uploads.put({ ...body, isActive: true }, uploads.uploader, withKey("other-1"))).statusCode).toBe(422);
    const { key } = await uploads.server.keyWith(["BOM_UPLOAD"]);
    const foreign = await uploads.put(body, key, withKey("other-1"));
    expect(foreign.statusCode).toBe(200);
    expect(foreign.json<{ token: string }>().token).not.toBe(first.json<{ token: string }>().token);
  });

  test("a key is free again after 24 hours, and after a refused request", async () => {
    const body = uploads.newProject();
    expect((await uploads.put({ ...body, autoCreate: false }, uploads.uploader, withKey("free-1"))).statusCode).toBe(
      404,
    );
    const first = await uploads.put(body, uploads.uploader, withKey("free-1"));
    expect(first.statusCode).toBe(200);
    await uploads.server.database.executor.query(
      "update upload_idempotency set created_at = now() - interval '24 hours 1 second'",
    );
    const second = await uploads.put(body, uploads.uploader, withKey("free-1"));
    expect(second.json<{ token: string }>().token).not.toBe(first.json<{ token: string }>().token);
  });

  test("a refused BOM does not use up the key, and concurrent duplicates of a refused one are all refused", async () => {
    const broken = uploads.newProject({ bom: base64('{"bomFormat":"CycloneDX","specVersion":"9.9"}') });
    await uploads.leavesNothing(async () => {
      const answers = await Promise.all(
        [1, 2, 3].map(() => uploads.put(broken, uploads.uploader, withKey("refused-1"))),
      );
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400]);
    });
    const good = { ...broken, bom: base64(SMALL_BOM) };
    expect((await uploads.put(good, uploads.uploader, withKey("refused-1"))).statusCode).toBe(200);
  });

  test("concurrent requests with one key and different content: one gets its token, the others 422", async () => {
    const bodies = [1, 2, 3, 4].map((number) =>
      uploads.newProject({ projectName: "contested", bom: base64(bomOf([{ name: `n${number}`, version: "1" }])) }),
    );
    const answers = await Promise.all(
      bodies.map((body) => uploads.put(body, uploads.uploader, withKey("contested-1"))),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 422, 422, 422]);
    const found = await uploads.rows(
      "select 1 from bom_upload u join project p on p.id = u.project_id where p.name = 'contested'",
    );
    expect(found).toHaveLength(1);
    expect(await uploads.storedFiles()).toHaveLength((await uploads.rows("select 1 from bom_upload")).length);
  });

  test("a key is told apart by case, and by the key or session it came with", async () => {
    const body = uploads.newProject();
    const tokens = new Set<string>();
    const { key: other } = await uploads.server.keyWith(["BOM_UPLOAD"]);
    for (const [key, by] of [
      ["Case-1", uploads.uploader],
      ["case-1", uploads.uploader],
      ["case-1", other],
    ] as const)
      tokens.add((await uploads.put(body, by, withKey(key))).json<{ token: string }>().token);
    expect(tokens.size).toBe(3);
  });

  test("keys that are too long or not printable are 400", async () => {
    for (const key of ["x".repeat(256), "caf\u00e9", " ", "tab\there"]) {
      expect((await uploads.put(uploads.newProject(), uploads.uploader, withKey(key))).statusCode).toBe(400);
    }
    expect((await uploads.put(uploads.newProject(), uploads.uploader, withKey("x".repeat(255)))).statusCode).toBe(200);
  });
});
