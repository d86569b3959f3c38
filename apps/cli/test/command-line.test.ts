import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, scratchDirectory } from "./run-cli.ts";
import { inTurn, on, startStubApi } from "./stub-api.ts";

test("help and version end with 0, mistakes with 2 and a suggestion", async () => {
  expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(await runCli(["help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("First steps:") });
  expect(await runCli(["findigns"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean findings?"),
  });
  expect(await runCli(["up", "--port", "80000"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("1 to 65535"),
  });
  expect(await runCli(["findings", "x", "--severity", "worst"])).toMatchObject({ code: 2 });
});

const UUID = "0199aaaa-0000-7000-8000-000000000001";
const project = (version: string) => ({ uuid: UUID, name: "@acme/shop", version });
const finding = (id: string, severity: string, extra: object = {}) => ({
  component: {
    name: "lodash",
    group: "npm",
    version: "4.17.20",
    purl: "pkg:npm/%40acme/lodash@4.17.20?x=y",
    projectName: "shop",
    ...extra,
  },
  vulnerability: { vulnId: id, source: "OSV", severity },
  matrix: id,
});

test("findings are listed worst first, over all pages, and filtered by severity", async () => {
  const pages = inTurn(
    { body: [finding("EVT-1", "LOW"), finding("EVT-2", "CRITICAL")], headers: { "x-total-count": "3" } },
    { body: [finding("EVT-3", "HIGH")], headers: { "x-total-count": "3" } },
  );
  await using stub = await startStubApi(
    on("GET", "/api/v1/project/lookup", (request) =>
      request.query.get("version") === "1.0" ? { body: project("1.0") } : { status: 404 },
    ),
    on("GET", `/api/v1/finding/project/${UUID}`, pages),
    on("GET", "/api/v1/vulnerability/source/OSV/vuln/EVT-3", () => ({
      body: {
        uuid: "v",
        vulnId: "EVT-3",
        affectedComponents: [
          {
            identity: "pkg:npm/%40acme/lodash",
            identityType: "PURL",
            versionType: "RANGE",
            versionEndExcluding: "3.9.9",
          },
          {
            identity: "pkg:npm/%40acme/lodash",
            identityType: "PURL",
            versionType: "RANGE",
            versionEndExcluding: "4.17.21",
          },
          { identity: "pkg:npm/other", identityType: "PURL", versionType: "RANGE", versionEndExcluding: "7.0.0" },
        ],
      },
    })),
  );
  const run = await runCli(["findings", "@acme/shop@1.0", "--severity", "high", "--url", stub.url, "--api-key", "k"]);
  expect(run.code).toBe(0);
  expect(run.stdout.split("\n")).toEqual([
    "@acme/shop 1.0: 1 critical, 1 high",
    "SEVERITY  ID     COMPONENT   VERSION  FIXED IN",
    "critical  EVT-2  npm/lodash  4.17.20",
    "high      EVT-3  npm/lodash  4.17.20  3.9.9, 4.17.21",
    "",
  ]);
  expect(stub.of("GET", `/api/v1/finding/project/${UUID}`).map((request) => request.query.get("pageNumber"))).toEqual([
    "1",
    "2",
  ]);
});

test("findings --json has a stable shape", async () => {
  await using stub = await startStubApi(
    on("GET", "/api/v1/project/latest/shop", () => ({ body: project("2.0") })),
    on("GET", `/api/v1/finding/project/${UUID}`, () => ({
      body: [finding("EVT-1", "LOW")],
      headers: { "x-total-count": "1" },
    })),
  );
  const run = await runCli(["findings", "shop", "--json", "--url", stub.url, "--api-key", "k"]);
  expect(JSON.parse(run.stdout)).toMatchObject({
    project: { uuid: UUID, name: "@acme/shop", version: "2.0" },
    counts: { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 1, INFO: 0, UNASSIGNED: 0 },
    findings: [{ vulnerability: { vulnId: "EVT-1" }, fixedVersions: [] }],
  });
});

test("a name with several versions and no latest asks which", async () => {
  await using stub = await startStubApi(
    on("GET", "/api/v1/project", () => ({ body: [project("1.0"), project("2.0")], headers: { "x-total-count": "2" } })),
  );
  const run = await runCli(["findings", "@acme/shop", "--url", stub.url, "--api-key", "k"]);
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("@acme/shop@2.0") });
});

test("control characters of a server's text do not reach the terminal", async () => {
  await using stub = await startStubApi(
    on("GET", `/api/v1/project/${UUID}`, () => ({ body: project("1") })),
    on("GET", `/api/v1/finding/project/${UUID}`, () => ({
      body: [finding("EVT-1", "LOW", { name: "evil\u001b[2J\nname" })],
    })),
  );
  const run = await runCli(["findings", UUID, "--url", stub.url, "--api-key", "k"]);
  expect(run.stdout).toContain("evil [2J name");
  expect(run.stdout).not.toContain("\u001b");
});

test("mirror osv keeps the other settings, waits for its own run, and fails with its reason", async () => {
  const config = { enabled: false, dataUrl: "https://example.com/osv", ecosystems: ["npm"], aliasSyncEnabled: true };
  const old = { status: "COMPLETED", started_at: 1, completed_at: 2 };
  const latest = inTurn(
    { body: old },
    { body: old },
    { body: { status: "RUNNING", started_at: 3 } },
    { body: { status: "FAILED", started_at: 3, completed_at: 4, failure_reason: "feed gone" } },
  );
  await using stub = await startStubApi(
    on("GET", "/api/v2/extension-points/vuln-data-source/extensions/osv/config", () => ({ body: { config } })),
    on("PUT", "/api/v2/extension-points/vuln-data-source/extensions/osv/config", () => ({ status: 204 })),
    on("POST", "/api/v2/vuln-data-sources/osv/mirror-runs", () => ({ status: 202 })),
    on("GET", "/api/v2/vuln-data-sources/osv/mirror-runs/latest", latest),
  );
  const run = await runCli([
    "mirror",
    "osv",
    "--ecosystems",
    "npm, PyPI",
    "--wait",
    "--url",
    stub.url,
    "--api-key",
    "k",
  ]);
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("feed gone") });
  const put = stub.seen.find((request) => request.method === "PUT");
  expect(JSON.parse(put?.body ?? "")).toEqual({ config: { ...config, enabled: true, ecosystems: ["npm", "PyPI"] } });
});

test.for([
  { args: ["nvd"], point: "vuln-data-source", name: "nvd", address: "cveFeedsUrl" },
  { args: ["github"], point: "vuln-data-source", name: "github", address: "apiUrl" },
  { args: ["kev"], point: "kev-data-source", name: "cisa", address: "feedUrl" },
  { args: ["kev", "enisa"], point: "kev-data-source", name: "enisa", address: "feedUrl" },
])("mirror of $name switches its source on and waits for the run", async ({ args, point, name, address }) => {
  const config = `/api/v2/extension-points/${point}/extensions/${name}/config`;
  await using stub = await startStubApi(
    on("GET", config, () => ({ body: { config: { enabled: false, [address]: "https://example.com/a" } } })),
    on("PUT", config, () => ({ status: 204 })),
    on("POST", `/api/v2/${point}s/${name}/mirror-runs`, () => ({ status: 202 })),
    on(
      "GET",
      `/api/v2/${point}s/${name}/mirror-runs/latest`,
      inTurn({ status: 404 }, { body: { status: "COMPLETED", started_at: 3, completed_at: 4 } }),
    ),
  );
  const access = ["--url", stub.url, "--api-key", "k"];
  const run = await runCli(["mirror", ...args, "--data-url", "https://example.com/b", "--wait", ...access]);
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("Mirrored") });
  const [put] = stub.of("PUT", config);
  expect(JSON.parse(put?.body ?? "")).toEqual({ config: { enabled: true, [address]: "https://example.com/b" } });
});

test("mirror epss sets what its properties say, names a refused one, and waits for the run", async () => {
  const property = (propertyName: string, propertyValue: string) => ({
    groupName: "vuln-source",
    propertyName,
    propertyValue,
  });
  const answers = inTurn({ body: [{}, {}] }, { body: [{}, "The property epss.feeds.url must be a URL."] });
  await using stub = await startStubApi(
    on("GET", "/api/v1/configProperty", () => ({
      body: [
        property("epss.enabled", "false"),
        property("epss.feeds.url", "https://example.com/a"),
        property("x", "y"),
      ],
    })),
    on("POST", "/api/v1/configProperty/aggregate", answers),
    on("POST", "/api/v2/epss/mirror-runs", () => ({ status: 202 })),
    on(
      "GET",
      "/api/v2/epss/mirror-runs/latest",
      inTurn({ status: 404 }, { body: { status: "COMPLETED", started_at: 3, completed_at: 4 } }),
    ),
  );
  const access = ["--url", stub.url, "--api-key", "k"];
  const run = await runCli(["mirror", "epss", "--data-url", "https://example.com/b", "--wait", ...access]);
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("Mirrored EPSS") });
  const [post] = stub.of("POST", "/api/v1/configProperty/aggregate");
  const set = [property("epss.enabled", "true"), property("epss.feeds.url", "https://example.com/b")];
  expect(JSON.parse(post?.body ?? "")).toEqual(set);
  const refused = await runCli(["mirror", "epss", "--data-url", "no", ...access]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("must be a URL") });
});

test("mirror does not wait for a run that the server refuses, but joins one that is under way", async () => {
  const runs = "/api/v2/vuln-data-sources/nvd/mirror-runs";
  const refusals = inTurn(
    { status: 409, body: "NVD is mirrored once the upgrade to 0.4.0 is finalized." },
    { status: 409, body: { type: "/problems/vuln-data-source-mirror-already-running", status: 409 } },
  );
  await using stub = await startStubApi(
    on("GET", /.*\/config/, () => ({ body: { config: { enabled: true } } })),
    on("POST", runs, refusals),
    on("GET", `${runs}/latest`, () => ({ body: { status: "COMPLETED", started_at: 3, completed_at: 4 } })),
  );
  const mirror = ["mirror", "nvd", "--wait", "--timeout", "20", "--url", stub.url, "--api-key", "k"];
  expect(await runCli(mirror)).toMatchObject({ code: 1, stderr: expect.stringContaining("is finalized") });
  expect(await runCli(mirror)).toMatchObject({ code: 0 });
});

test("login changes a password that must be changed, and keeps a key that only its server gets", async () => {
  using scratch = scratchDirectory();
  const signIns = inTurn({ status: 401, body: "FORCE_PASSWORD_CHANGE" }, { body: "session-token" });
  await using stub = await startStubApi(
    on("POST", "/api/v1/user/login", signIns),
    on("POST", "/api/v1/user/forceChangePassword", () => ({ body: "" })),
    on("GET", "/api/v1/team", () => ({
      body: [{ uuid: "t-1", name: "Automation" }],
      headers: { "x-total-count": "1" },
    })),
    on("PUT", "/api/v1/team/t-1/key", () => ({ status: 201, body: { key: "odt_new", publicId: "pub" } })),
    on("POST", "/api/v1/team/key/pub/comment", () => ({ body: {} })),
  );
  const env = { EVERTRACK_DATA_DIRECTORY: scratch.path };
  const run = await runCli(
    ["login", "--url", stub.url, "--password-stdin", "--team", "Automation"],
    env,
    "admin\nbetter\n",
  );
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("the API key is kept") });
  const change = stub.of("POST", "/api/v1/user/forceChangePassword")[0]?.body;
  expect(change).toBe("username=admin&password=admin&newPassword=better&confirmPassword=better");
  const file = join(scratch.path, "cli.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    defaultUrl: stub.url,
    servers: { [stub.url]: { apiKey: "odt_new" } },
  });
  await using other = await startStubApi();
  expect(await runCli(["findings", "x", "--url", other.url], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("No credentials"),
  });
  expect(other.seen).toEqual([]);
  await runCli(["findings", "x"], env);
  expect(stub.seen.at(-1)?.headers["x-api-key"]).toBe("odt_new");
});

test("wrong credentials fail and nothing is saved", async () => {
  using scratch = scratchDirectory();
  mkdirSync(join(scratch.path, "data"));
  await using stub = await startStubApi(
    on("POST", "/api/v1/user/login", () => ({ status: 401, body: "INVALID_CREDENTIALS" })),
  );
  const env = { EVERTRACK_DATA_DIRECTORY: join(scratch.path, "data") };
  const run = await runCli(["login", "--url", stub.url, "--password-stdin"], env, "wrong\n");
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("INVALID_CREDENTIALS") });
  expect(() => statSync(join(scratch.path, "data", "cli.json"))).toThrow();
});

test("serve runs the server program with the flags as given and ends with its code; migrate ends with 1 if it failed", async () => {
  using scratch = scratchDirectory();
  const program = join(scratch.path, "server.ts");
  writeFileSync(
    program,
    "console.log(JSON.stringify([process.argv.slice(2), process.env.DT_INIT_TASKS_EXIT_AFTER_COMPLETION])); process.exit(9);",
  );
  const env = {
    EVERTRACK_SERVER_PROGRAM: program,
    DT_DATASOURCE_URL: "postgres://nowhere/x",
    EVERTRACK_DATA_DIRECTORY: scratch.path,
  };
  const serve = await runCli(["serve", "-host", "0.0.0.0", "-port", "80", "-context", "/x"], env);
  expect(serve.code).toBe(9);
  expect(JSON.parse(serve.stdout)).toEqual([["-host", "0.0.0.0", "-port", "80", "-context", "/x"], null]);
  const migrate = await runCli(["migrate"], env);
  expect(migrate).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('[[],"true"]'),
    stderr: expect.stringContaining("The migrations failed (exit code 9)"),
  });
});
