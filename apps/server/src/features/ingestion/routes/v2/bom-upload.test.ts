import type { BomUploadStatus } from "@evertrack/contract/v2/bom-uploads";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe("what became of an upload", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await testServer({ working: true });
    ({ key } = await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"]));
  });
  afterAll(() => server?.close());

  async function upload(components: object[]): Promise<string> {
    const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
    const body = {
      projectName: "noted",
      projectVersion: "1",
      autoCreate: true,
      bom: Buffer.from(bom).toString("base64"),
    };
    return (await server.request("PUT", "/api/v1/bom", { key, body })).json<{ token: string }>().token;
  }

  const status = (token: string, as: string | undefined) =>
    server.request("GET", `/api/v2/internal/bom-uploads/${token}`, as === undefined ? {} : { key: as });

  async function ended(token: string): Promise<BomUploadStatus> {
    return vi.waitUntil(
      async () => {
        const answer = (await status(token, key)).json<BomUploadStatus>();
        return answer.processing ? undefined : answer;
      },
      { timeout: 60_000, interval: 50 },
    );
  }

  test("a processed one tells its components and notes on what was left out, with the place", async () => {
    const token = await upload([{ type: "library", name: "kept", version: "1", purl: "pkg::::nonsense" }]);
    const answer = await ended(token);
    expect(answer).toMatchObject({ token, status: "PROCESSED", components: 1 });
    expect(answer.notes).toEqual([{ path: expect.stringContaining("kept"), message: expect.stringMatching(/purl/i) }]);
  });

  test("nobody, an unknown token, and another team's project", async () => {
    const token = await upload([{ type: "library", name: "guarded", version: "1" }]);
    await ended(token);
    expect((await status(token, undefined)).statusCode).toBe(401);
    expect((await status(UNKNOWN, key)).statusCode).toBe(404);
    const { key: unprivileged } = await server.keyWith(["ACCESS_MANAGEMENT"]);
    expect((await status(token, unprivileged)).statusCode).toBe(403);
    const { key: stranger } = await server.keyWith(["VIEW_PORTFOLIO", "SYSTEM_CONFIGURATION"]);
    const acl = { groupName: "access-management", propertyName: "acl.enabled", propertyValue: "true" };
    await server.request("POST", "/api/v1/configProperty", { key: stranger, body: acl });
    expect((await status(token, stranger)).statusCode).toBe(403);
  });
});
