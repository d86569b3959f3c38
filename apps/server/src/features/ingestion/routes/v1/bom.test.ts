import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { base64, bomOf, SMALL_BOM, type TestPart, UploadServer } from "../../testing.ts";

const SIZE_MAX_BYTES = 200_000;

let uploads: UploadServer;
let admin: Record<string, string>;

beforeAll(async () => {
  uploads = await UploadServer.start({
    "dt.bom.upload.multipart.max-size-bytes": String(SIZE_MAX_BYTES),
    "dt.bom.upload.decompressed.max-size-bytes": String(SIZE_MAX_BYTES),
  });
  admin = { authorization: `Bearer ${await uploads.server.adminToken()}` };
});
afterAll(() => uploads?.close());

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

describe("an accepted upload", () => {
  test("answers token and project; file, row and run exist", async () => {
    const answer = await uploads.put(uploads.newProject());
    expect(answer.statusCode, answer.payload).toBe(200);
    const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await uploads.rows("select project_uuid, size_bytes from bom_upload where token = $1", [token])).toEqual([
      { project_uuid: projectUuid, size_bytes: SMALL_BOM.length },
    ]);
    expect(await uploads.storedFiles()).toContain(token);
    expect(
      await uploads.rows("select concurrency_key, priority, labels from wf_run where labels->>'token' = $1", [token]),
    ).toEqual([
      { concurrency_key: `import-bom:${projectUuid}`, priority: 50, labels: { token, project: projectUuid } },
    ]);
    for (const path of [`event/token/${token}`, `bom/token/${token}`]) {
      expect((await uploads.server.request("GET", `/api/v1/${path}`, { key: uploads.uploader })).json()).toEqual({
        processing: true,
      });
    }
  });

  test("creates the project with parent, tags and latest flag, and tells so", async () => {
    const parent = uploads.newProject();
    const parentUuid = (await uploads.put(parent)).json<{ projectUuid: string }>().projectUuid;
    const body = uploads.newProject({
      parentName: parent.projectName,
      parentVersion: "1",
      projectTags: [{ name: "Two" }, { name: "one" }],
      isLatest: "true",
      autoCreate: "TRUE",
    });
    const { projectUuid } = (await uploads.put(body)).json<{ projectUuid: string }>();
    const project = await uploads.server.request("GET", `/api/v1/project/${projectUuid}`, { key: uploads.uploader });
    expect(project.json()).toMatchObject({
      name: body.projectName,
      parent: { uuid: parentUuid },
      tags: [{ name: "one" }, { name: "two" }],
      isLatest: true,
      active: true,
    });
    expect(
      await uploads.rows("select 1 from outbox_event where type = 'PROJECT_CREATED' and subject = $1", [projectUuid]),
    ).toHaveLength(1);
  });

  test("an existing project keeps its tags unless the caller may change projects; the state follows isActive", async () => {
    const body = uploads.newProject({ projectTags: [{ name: "kept" }] });
    const { projectUuid } = (await uploads.put(body)).json<{ projectUuid: string }>();
    const again = { project: projectUuid, bom: base64(SMALL_BOM), projectTags: [{ name: "other" }], isActive: false };
    const read = async () =>
      (await uploads.server.request("GET", `/api/v1/project/${projectUuid}`, { key: uploads.uploader })).json();
    expect((await uploads.put(again)).statusCode).toBe(200);
    expect(await read()).toMatchObject({ tags: [{ name: "kept" }], active: false });
    const { key } = await uploads.server.keyWith(["BOM_UPLOAD", "PORTFOLIO_MANAGEMENT_UPDATE"]);
    expect((await uploads.put({ ...again, isActive: true }, key)).statusCode).toBe(200);
    expect(await read()).toMatchObject({ tags: [{ name: "other" }], active: true });
  });
});

describe("forms", () => {
  const fields = (name: string): TestPart[] => [
    { name: "projectName", content: name },
    { name: "projectVersion", content: "1" },
    { name: "autoCreate", content: "true" },
    { name: "projectTags", content: " a ,b,, A" },
    { name: "isLatest", content: "true" },
  ];
  const file: TestPart = { name: "bom", content: SMALL_BOM, filename: "bom.json", type: "application/octet-stream" };

  test("the BOM may come first, last, compressed, or as a plain field", async () => {
    const variants: TestPart[][] = [
      [file, ...fields(uploads.fresh("form"))],
      [...fields(uploads.fresh("form")), { ...file, type: "application/json" }],
      [...fields(uploads.fresh("form")), { ...file, content: gzipSync(SMALL_BOM), type: "application/gzip" }],
      [{ ...file, content: gzipSync(SMALL_BOM), type: "application/x-gzip" }, ...fields(uploads.fresh("form"))],
      [...fields(uploads.fresh("form")), { ...file, content: zstdCompressSync(SMALL_BOM), type: "application/zstd" }],
      [...fields(uploads.fresh("form")), { name: "bom", content: SMALL_BOM }],
      [...fields(uploads.fresh("form")), file, { ...file, content: "a second one is dropped" }],
    ];
    for (const parts of variants) {
      const answer = await uploads.post(parts);
      expect(answer.statusCode, answer.payload).toBe(200);
      const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
      expect(await uploads.rows("select size_bytes from bom_upload where token = $1", [token])).toEqual([
        { size_bytes: SMALL_BOM.length },
      ]);
      const project = await uploads.server.request("GET", `/api/v1/project/${projectUuid}`, { key: uploads.uploader });
      expect(project.json()).toMatchObject({ tags: [{ name: "a" }, { name: "b" }], isLatest: true });
    }
  });

  test("without a BOM part the known sentence is answered", async () => {
    const answer = await uploads.post(fields(uploads.fresh("form")));
    expect([answer.statusCode, answer.payload]).toEqual([400, "No BOM file provided."]);
  });

  test("a part that claims a compression it does not have is refused", () =>
    uploads.leavesNothing(async () => {
      for (const type of ["application/gzip", "application/zstd"]) {
        const answer = await uploads.post([...fields(uploads.fresh("form")), { ...file, type }]);
        expect([answer.statusCode, answer.json()]).toMatchObject([400, { title: "The uploaded BOM is invalid" }]);
        expect(answer.json<{ detail: string }>().detail).toContain(type.split("/")[1]);
      }
      const cut = gzipSync(SMALL_BOM).subarray(0, 60);
      const answer = await uploads.post([
        { ...file, content: cut, type: "application/gzip" },
        ...fields(uploads.fresh("form")),
      ]);
      expect(answer.statusCode, answer.payload).toBe(400);
    }));

  test("a part that is too large, as sent or decompressed, is 413 and leaves nothing", () =>
    uploads.leavesNothing(async () => {
      const big = Buffer.alloc(SIZE_MAX_BYTES + 1, " ");
      for (const part of [
        { ...file, content: big },
        { ...file, content: gzipSync(big), type: "application/gzip" },
        { ...file, content: zstdCompressSync(Buffer.alloc(50_000_000)), type: "application/zstd" },
      ]) {
        for (const parts of [
          [part, ...fields(uploads.fresh("form"))],
          [...fields(uploads.fresh("form")), part],
        ]) {
          const answer = await uploads.post(parts);
          expect([answer.statusCode, answer.json()]).toMatchObject([413, { title: "Payload Too Large" }]);
        }
      }
    }));

  test("fields are checked like those of JSON", () =>
    uploads.leavesNothing(async () => {
      const answer = await uploads.post([
        file,
        { name: "autoCreate", content: "perhaps" },
        { name: "project", content: "x" },
      ]);
      expect(answer.statusCode).toBe(400);
      expect(
        answer
          .json<{ path: string }[]>()
          .map(({ path }) => path)
          .sort(),
      ).toEqual(["autoCreate", "project"]);
    }));
});

describe("a refused upload", () => {
  test("who may not upload is refused", async () => {
    expect((await uploads.server.request("PUT", "/api/v1/bom", { body: uploads.newProject() })).statusCode).toBe(401);
    const { key } = await uploads.server.keyWith(["VIEW_PORTFOLIO"]);
    expect((await uploads.put(uploads.newProject(), key)).statusCode).toBe(403);
    expect((await uploads.post([], key)).statusCode).toBe(403);
    expect((await uploads.server.request("GET", `/api/v1/bom/token/${UNKNOWN}`, { key })).statusCode).toBe(403);
    expect((await uploads.server.request("GET", `/api/v1/event/token/${UNKNOWN}`)).statusCode).toBe(401);
  });

  test("unknown projects are 404 unless they may be created", () =>
    uploads.leavesNothing(async () => {
      const missing = [
        { project: UNKNOWN, bom: base64(SMALL_BOM) },
        { project: UNKNOWN, autoCreate: true, projectName: "x", bom: base64(SMALL_BOM) },
        { ...uploads.newProject(), autoCreate: false },
      ];
      for (const body of missing) {
        const answer = await uploads.put(body);
        expect([answer.statusCode, answer.payload]).toEqual([404, "The project could not be found."]);
      }
      const file = { name: "bom", content: SMALL_BOM, filename: "bom.json" };
      expect((await uploads.post([file, { name: "project", content: UNKNOWN }])).statusCode).toBe(404);
      const invalid = [
        { ...file, content: "{}" },
        { name: "projectName", content: uploads.fresh("x") },
      ];
      expect((await uploads.post([...invalid, { name: "autoCreate", content: "true" }])).statusCode).toBe(400);
      const { key } = await uploads.server.keyWith(["BOM_UPLOAD"]);
      expect((await uploads.put(uploads.newProject(), key)).statusCode).toBe(401);
      expect((await uploads.put(uploads.newProject({ parentUUID: UNKNOWN }))).statusCode).toBe(404);
    }));

  test("a collection project takes no BOM", async () => {
    const { key } = await uploads.server.keyWith(["PORTFOLIO_MANAGEMENT"]);
    const body = { name: uploads.fresh("collection"), collectionLogic: "AGGREGATE_DIRECT_CHILDREN" };
    const { uuid } = (await uploads.server.request("PUT", "/api/v1/project", { key, body })).json<{ uuid: string }>();
    expect((await uploads.put({ project: uuid, bom: base64(SMALL_BOM) })).statusCode).toBe(400);
  });

  test("requests that do not fit name the member", () =>
    uploads.leavesNothing(async () => {
      for (const [body, path] of [
        [{ bom: base64(SMALL_BOM) }, "projectName"],
        [uploads.newProject({ bom: "not base64!" }), "bom"],
        [uploads.newProject({ bom: base64(SMALL_BOM).replace(/.$/, "") }), "bom"],
        [uploads.newProject({ bom: "ab-_" }), "bom"],
        [uploads.newProject({ bom: "" }), "bom"],
        [uploads.newProject({ bom: undefined }), "bom"],
        [uploads.newProject({ autoCreate: "maybe" }), "autoCreate"],
        [uploads.newProject({ project: "x" }), "project"],
        [uploads.newProject({ projectName: "bell\u0007" }), "projectName"],
      ] as const) {
        const answer = await uploads.put(body);
        expect(answer.statusCode, answer.payload.slice(0, 200)).toBe(400);
        expect(answer.json<{ path: string }[]>()[0]?.path).toBe(path);
      }
      const headers = { "content-type": "application/json" };
      const notJson = await uploads.server.request("PUT", "/api/v1/bom", {
        key: uploads.uploader,
        headers,
        body: "name=x",
      });
      expect([notJson.statusCode, notJson.json()]).toMatchObject([
        400,
        { title: "The provided JSON payload could not be mapped" },
      ]);
    }));

  test("a base64 text that is too long is 413 and points to the form", async () => {
    const answer = await uploads.put(uploads.newProject({ bom: "A".repeat(20_000_004) }));
    expect(answer.statusCode).toBe(413);
    expect(answer.json<{ detail: string }>().detail).toContain("multipart/form-data");
  });

  test("an invalid BOM names each place, tells BOM_VALIDATION_FAILED and leaves nothing", () =>
    uploads.leavesNothing(async () => {
      const before = (await uploads.rows("select 1 from outbox_event where type = 'BOM_VALIDATION_FAILED'")).length;
      const broken: [string, RegExp][] = [
        ["{", /line 1/],
        ["hello", /JSON/i],
        ["<html/>", /html/i],
        ['{"bomFormat":"CycloneDX","specVersion":"9.9"}', /9\.9/],
        [bomOf([{ name: "", type: "spaceship" }]), /components\/0/],
        [`${"[".repeat(20_000)}`, /deep|JSON|nest/i],
      ];
      for (const [bom, place] of broken) {
        const answer = await uploads.put(uploads.newProject({ bom: base64(bom) }));
        expect([answer.statusCode, answer.headers["content-type"]], answer.payload).toEqual([
          400,
          "application/problem+json; charset=utf-8",
        ]);
        const problem = answer.json<{ title: string; errors: string[] }>();
        expect(problem.title).toBe("The uploaded BOM is invalid");
        expect(problem.errors.join("\n")).toMatch(place);
      }
      expect(await uploads.rows("select 1 from outbox_event where type = 'BOM_VALIDATION_FAILED'")).toHaveLength(
        before + broken.length,
      );
    }));

  test("validation can be switched off, also by tag", async () => {
    const set = async (propertyName: string, propertyValue: string) => {
      const body = { groupName: "artifact", propertyName, propertyValue };
      expect(
        (await uploads.server.request("POST", "/api/v1/configProperty", { headers: admin, body })).statusCode,
      ).toBe(200);
    };
    const invalid = uploads.newProject({
      bom: base64(bomOf([{ name: "x", type: "spaceship" }])),
      projectTags: [{ name: "free" }],
    });
    await set("bom.validation.tags.exclusive", '["Free"]');
    await set("bom.validation.mode", "DISABLED_FOR_TAGS");
    expect((await uploads.put(invalid)).statusCode).toBe(200);
    expect((await uploads.put({ ...invalid, projectName: uploads.fresh("strict"), projectTags: [] })).statusCode).toBe(
      400,
    );
    await set("bom.validation.mode", "DISABLED");
    expect((await uploads.put({ ...invalid, projectTags: [], projectName: uploads.fresh("off") })).statusCode).toBe(
      200,
    );
    await set("bom.validation.mode", "ENABLED");
  });
});

describe("portfolio access control", () => {
  test("an upload reaches no project the key may not see, and its own belong to its first team", async () => {
    const set = (on: boolean) =>
      uploads.server.request("POST", "/api/v1/configProperty", {
        headers: admin,
        body: { groupName: "access-management", propertyName: "acl.enabled", propertyValue: String(on) },
      });
    const permissions = ["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"] as const;
    const [ours, theirs] = [await uploads.server.keyWith(permissions), await uploads.server.keyWith(permissions)];
    await set(true);
    try {
      const body = uploads.newProject();
      const { projectUuid } = (await uploads.put(body, ours.key)).json<{ projectUuid: string }>();
      expect((await uploads.put({ project: projectUuid, bom: body.bom }, ours.key)).statusCode).toBe(200);
      await uploads.leavesNothing(async () => {
        for (const attempt of [
          body,
          { project: projectUuid, bom: body.bom },
          uploads.newProject({ parentUUID: projectUuid }),
        ]) {
          const answer = await uploads.put(attempt, theirs.key);
          expect([answer.statusCode, answer.json()]).toMatchObject([403, { title: "Project access denied" }]);
        }
      });
    } finally {
      await set(false);
    }
  });
});

describe("tokens", () => {
  test("an unknown token is not processing; the older address says it is deprecated", async () => {
    const event = await uploads.server.request("GET", `/api/v1/event/token/${UNKNOWN}`, { key: uploads.uploader });
    expect([event.statusCode, event.json()]).toEqual([200, { processing: false }]);
    const old = await uploads.server.request("GET", `/api/v1/bom/token/${UNKNOWN}`, { key: uploads.uploader });
    expect([old.headers["x-api-deprecated"], old.json()]).toEqual(["true", { processing: false }]);
    expect((await uploads.server.request("GET", "/api/v1/event/token/x", { key: uploads.uploader })).statusCode).toBe(
      400,
    );
  });
});
