/** What a release before would not understand is refused while one may still run beside. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

const XML = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><components/></bom>';
const JSON_TEXT = '{"bomFormat":"CycloneDX","specVersion":"1.5"}';
const PROTOBUF = "\n\u00031.6";

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await testServer({ gatesOpen: false });
  key = (
    await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "SYSTEM_CONFIGURATION", "VULNERABILITY_ANALYSIS"])
  ).key;
});
afterAll(() => server?.close());

test.each([
  [200, "JSON", JSON_TEXT],
  [200, "JSON behind a byte order mark and white space", `\uFEFF \r\n${JSON_TEXT}`],
  [409, "XML", XML],
  [409, "protobuf", PROTOBUF],
])("until the upgrade is finalized the answer is %i to a BOM in %s", async (status, name, text) => {
  const project = { projectName: name, projectVersion: "1", autoCreate: true };
  const body = { ...project, bom: Buffer.from(text).toString("base64") };
  expect((await server.request("PUT", "/api/v1/bom", { key, body })).statusCode).toBe(status);
});

test("until then components are not identified anew", async () => {
  expect((await server.request("GET", "/api/v1/component/internal/identify", { key })).statusCode).toBe(409);
});

test("until then no VEX is taken", async () => {
  const vex = Buffer.from(JSON_TEXT).toString("base64");
  const body = { projectName: "waiting for VEX", projectVersion: "1" };
  await server.request("PUT", "/api/v1/bom", { key, body: { ...body, autoCreate: true, bom: vex } });
  expect((await server.request("PUT", "/api/v1/vex", { key, body: { ...body, vex } })).statusCode).toBe(409);
});
