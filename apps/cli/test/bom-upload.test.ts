import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { type Handler, inTurn, on, type StubApi, startStubApi } from "./stub-api.ts";

const PROJECT = "0199aaaa-0000-7000-8000-000000000001";
const TOKEN = "0199bbbb-0000-7000-8000-000000000002";
const RECEIPT = { body: { token: TOKEN, projectUuid: PROJECT } };
const BOM = JSON.stringify({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: [{ type: "library", name: "ünïcode" }],
});

const processed: Handler[] = [
  on("GET", `/api/v1/event/token/${TOKEN}`, inTurn({ body: { processing: true } }, { body: { processing: false } })),
  on("GET", "/api/v1/project/lookup", () => ({ status: 404, body: "The project could not be found." })),
  on("GET", `/api/v1/project/${PROJECT}`, () => ({
    body: { uuid: PROJECT, name: "shop", version: "1.0", lastBomImport: 1_700_000_000_000 },
  })),
];

function findingsOf(...severities: string[]): Handler {
  const body = severities.map((severity, index) => ({
    component: { name: `part-${index}`, version: "1", projectName: "shop" },
    vulnerability: { vulnId: `EVT-${index}`, source: "OSV", severity },
    analysis: { isSuppressed: false },
    matrix: `m${index}`,
  }));
  return on("GET", `/api/v1/finding/project/${PROJECT}`, () => ({
    body,
    headers: { "x-total-count": String(body.length) },
  }));
}

async function upload(
  stub: StubApi,
  args: readonly string[],
  options: { file?: string; content?: string | Buffer; stdin?: string } = {},
) {
  using scratch = scratchDirectory();
  const file = options.file ?? join(scratch.path, "bom.json");
  if (file !== "-") writeFileSync(file, options.content ?? BOM);
  const env = { EVERTRACK_URL: stub.url, EVERTRACK_API_KEY: "odt_key", EVERTRACK_DATA_DIRECTORY: scratch.path };
  return await runCli(["bom", "upload", file, "--project", "shop", "--version", "1.0", ...args], env, options.stdin);
}

test("the BOM arrives byte for byte with its target, and --json gives the receipt", async () => {
  await using stub = await startStubApi(on("POST", "/api/v1/bom", () => RECEIPT));
  const run = await upload(stub, ["--json", "--tags", "a,b", "--latest", "--parent", "@acme/suite@2.0"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(run.stdout)).toEqual({
    token: TOKEN,
    projectUuid: PROJECT,
    processed: false,
    threshold: { reached: false, count: 0 },
  });
  const [request] = stub.of("POST", "/api/v1/bom");
  const form = await new Response(request?.body, {
    headers: { "content-type": request?.headers["content-type"] ?? "" },
  }).formData();
  const fields = Object.fromEntries([...form].filter(([name]) => name !== "bom"));
  expect(fields).toEqual({
    projectName: "shop",
    projectVersion: "1.0",
    autoCreate: "true",
    projectTags: "a,b",
    isLatest: "true",
    parentName: "@acme/suite",
    parentVersion: "2.0",
  });
  const part = form.get("bom");
  expect(part instanceof File ? await part.text() : part).toBe(BOM);
  expect(request?.headers["x-api-key"]).toBe("odt_key");
});

test("after a cut connection and a 503 the same bytes go out under the same Idempotency-Key", async () => {
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", inTurn("cut", { status: 503, headers: { "retry-after": "0" } }, RECEIPT)),
  );
  const run = await upload(stub, []);
  expect(run.code).toBe(0);
  const requests = stub.of("POST", "/api/v1/bom");
  expect(requests).toHaveLength(3);
  expect(new Set(requests.map((request) => request.headers["idempotency-key"])).size).toBe(1);
  expect(requests[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(requests.map((request) => request.body)).size).toBe(1);
  expect(run.stderr).toContain("the server answered 503");
});

test("two invocations use different Idempotency-Keys", async () => {
  await using stub = await startStubApi(on("POST", "/api/v1/bom", () => RECEIPT));
  await upload(stub, []);
  await upload(stub, []);
  expect(new Set(stub.seen.map((request) => request.headers["idempotency-key"])).size).toBe(2);
});

test("a refused BOM is told with the place, and is not sent again", async () => {
  const problem = {
    status: 400,
    title: "The uploaded BOM is invalid",
    detail: "Schema validation failed",
    errors: ["$.components[0].type: is missing"],
  };
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => ({
      status: 400,
      body: problem,
      headers: { "content-type": "application/problem+json" },
    })),
  );
  const run = await upload(stub, []);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("$.components[0].type: is missing");
  expect(stub.seen).toHaveLength(1);
  const json = await upload(stub, ["--json"]);
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { exitCode: 1, details: ["$.components[0].type: is missing"], problem: { status: 400 } },
  });
  expect(json.stdout).toBe("");
});

test("--wait waits for the end of processing and sums up the findings", async () => {
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    ...processed,
    findingsOf("HIGH", "LOW", "HIGH"),
  );
  const run = await upload(stub, ["--wait"]);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("Findings: 2 high, 1 low");
  expect(stub.of("GET", `/api/v1/event/token/${TOKEN}`).length).toBeGreaterThan(1);
});

test("--fail-on ends with 4 at or above the severity, and with 0 below", async () => {
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    ...processed,
    findingsOf("HIGH", "LOW"),
  );
  const reached = await upload(stub, ["--fail-on", "high", "--json"]);
  expect(reached.code).toBe(4);
  expect(JSON.parse(reached.stdout)).toMatchObject({
    findings: { HIGH: 1, LOW: 1 },
    failOn: "high",
    threshold: { reached: true, count: 1 },
  });
  const below = await upload(stub, ["--fail-on", "critical"]);
  expect(below.code).toBe(0);
});

test("a key that may not read findings is judged by the metrics; one that may read neither fails the gate", async () => {
  const forbidden = on("GET", `/api/v1/finding/project/${PROJECT}`, () => ({ status: 403 }));
  const metrics = on("GET", `/api/v1/metrics/project/${PROJECT}/current`, () => ({
    body: { critical: 2, high: 0, medium: 0, low: 0, unassigned: 0 },
  }));
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    ...processed,
    forbidden,
    metrics,
  );
  expect((await upload(stub, ["--fail-on", "high"])).code).toBe(4);
  const noMetrics = on("GET", `/api/v1/metrics/project/${PROJECT}/current`, () => ({ status: 403 }));
  await using closed = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    ...processed,
    forbidden,
    noMetrics,
  );
  const undecided = await upload(closed, ["--fail-on", "high"]);
  expect(undecided.code).toBe(1);
  expect(undecided.stderr).toContain("--fail-on cannot be decided");
});

test("processing that ends without an import is a failure, not a pass", async () => {
  const never = on("GET", `/api/v1/project/${PROJECT}`, () => ({ body: { uuid: PROJECT, name: "shop" } }));
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    never,
    ...processed,
    findingsOf(),
  );
  const run = await upload(stub, ["--fail-on", "low"]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("did not import it");
});

test("--timeout ends the wait with 5", async () => {
  await using stub = await startStubApi(
    on("POST", "/api/v1/bom", () => RECEIPT),
    on("GET", `/api/v1/event/token/${TOKEN}`, () => ({ body: { processing: true } })),
    ...processed,
  );
  const run = await upload(stub, ["--wait", "--timeout", "1"]);
  expect(run.code).toBe(5);
  expect(run.stderr).toContain("Not finished within 1 s");
});

test("stdin is uploaded too, also on a retry", async () => {
  await using stub = await startStubApi(on("POST", "/api/v1/bom", inTurn("cut", RECEIPT)));
  const run = await upload(stub, [], { file: "-", stdin: BOM });
  expect(run.code).toBe(0);
  expect(stub.seen.every((request) => request.body.includes(BOM))).toBe(true);
});

test("a gzipped BOM is announced as such", async () => {
  using scratch = scratchDirectory();
  await using stub = await startStubApi(on("POST", "/api/v1/bom", () => RECEIPT));
  const run = await upload(stub, [], { file: join(scratch.path, "bom.json.gz"), content: gzipSync(BOM) });
  expect(run.code).toBe(0);
  expect(stub.seen[0]?.body).toContain("Content-Type: application/gzip");
});

test("a missing file, option or credential is wrong use; an unreachable server is 5", async () => {
  await using stub = await startStubApi();
  using scratch = scratchDirectory();
  const env = { EVERTRACK_DATA_DIRECTORY: scratch.path };
  expect(
    (await runCli(["bom", "upload", "nowhere.json", "--project", "x", "--url", stub.url, "--api-key", "k"], env)).code,
  ).toBe(2);
  expect((await runCli(["bom", "upload", "package.json"], env)).code).toBe(2);
  expect((await runCli(["bom", "upload", "package.json", "--project", "x", "--url", stub.url], env)).stderr).toContain(
    "No credentials for",
  );
  expect((await runCli(["bom", "upload", "package.json", "--project", "x"], env)).stderr).toContain(
    "No server is named",
  );
  const file = join(scratch.path, "bom.json");
  writeFileSync(file, BOM);
  const gone = await runCli(
    ["bom", "upload", file, "--project", "x", "--url", "http://127.0.0.1:1", "--api-key", "k", "--timeout", "2"],
    env,
  );
  expect(gone.code).toBe(5);
});
