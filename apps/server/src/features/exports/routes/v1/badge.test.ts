import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { vulnerabilityBadge } from "../../rules/badge-svg.ts";

const UNKNOWN = "11111111-2222-3333-4444-555555555555";

let server: TestServer;
let project: { id: number; uuid: string };
beforeAll(async () => {
  server = await testServer();
  project = await new Seed(server.database.executor).project("Shop & more");
});
afterAll(() => server?.close());

async function enable(propertyValue: string): Promise<void> {
  const { key } = await server.keyWith(["SYSTEM_CONFIGURATION"]);
  const body = { groupName: "general", propertyName: "badge.enabled", propertyValue };
  expect((await server.request("POST", "/api/v1/configProperty", { key, body })).statusCode).toBe(200);
}

const badge = (subject: string) => server.request("GET", `/api/v1/badge/vulns/project/${subject}`, {});

test("badges are refused until somebody allows them, and then shown without an account", async () => {
  expect((await badge(project.uuid)).statusCode).toBe(403);
  expect((await badge(UNKNOWN)).statusCode).toBe(403);
  await enable("true");
  const answers = [await badge(project.uuid), await badge("Shop%20%26%20more/1.0")];
  for (const answer of answers) {
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
      200,
      expect.stringContaining("image/svg+xml"),
    ]);
    expect(answer.payload).toContain(">no metrics<");
  }
  expect((await badge(UNKNOWN)).statusCode).toBe(404);
  expect((await badge("Shop/9")).statusCode).toBe(404);
  expect((await badge("no-uuid")).statusCode).toBe(400);
  await enable("false");
  expect((await badge(project.uuid)).statusCode).toBe(403);
});

test("a badge says how many vulnerabilities there are, by severity, and leaves out what there is none of", () => {
  const none = { critical: 0, high: 0, medium: 0, low: 0, unassigned: 0 };
  expect(vulnerabilityBadge(none)).toContain("<title>vulnerabilities, none</title>");
  expect(vulnerabilityBadge({ ...none, critical: 2, low: 11 })).toContain(
    "<title>vulnerabilities, 2 critical, 11 low</title>",
  );
});
