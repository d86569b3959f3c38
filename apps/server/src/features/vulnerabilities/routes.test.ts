import { join } from "node:path";
import type { Permission } from "@evertrack/contract";
import { until } from "@evertrack/engine/testing";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executorOf } from "../../platform/db/index.ts";
import { createHttpServer, type Principal } from "../../platform/http/index.ts";
import { settingsFeature } from "../settings/index.ts";
import * as testing from "./testing.ts";

const EXTENSION = "/api/v2/extension-points/vuln-data-source/extensions/osv";
const RUNS = "/api/v2/vuln-data-sources/osv/mirror-runs";

let opened: Awaited<ReturnType<typeof testing.openTestDatabase>>;
let bench: testing.MirrorBench;
let bucket: Awaited<ReturnType<typeof testing.serveBucket>>;
let app: FastifyInstance;
const files = new Map<string, Buffer | string | (() => number)>();
const directory = testing.temporaryDirectory();

beforeAll(async () => {
  opened = await testing.openTestDatabase();
  bucket = await testing.serveBucket(files);
  bench = await testing.startMirrorBench(opened.database, {
    properties: { "dt.vuln-data-source.file-roots": "/nowhere" },
  });
  const { feature, database } = bench;
  const settings = settingsFeature({ database, extensions: feature.extensions });
  app = await createHttpServer({
    settings: { host: "127.0.0.1", port: 0, cors: undefined },
    version: "0.0.0",
    routes: [...settings.routes, ...feature.routes],
    authenticate: async ({ apiKey }) => (apiKey === undefined ? undefined : principal(apiKey as Permission)),
    log: pino({ level: "silent" }),
    draining: () => false,
  });
});
afterAll(async () => {
  await app?.close();
  await bench?.stop();
  bucket?.close();
  await opened?.drop();
  await directory.remove();
});

/** Somebody with one permission. */
function principal(permission: Permission): Principal {
  return { kind: "api-key", id: 1, name: "test", permissions: new Set([permission]), teamIds: [], key: "api-key:1" };
}

async function call(method: "GET" | "PUT" | "POST", url: string, apiKey?: string, payload?: object) {
  const headers = apiKey === undefined ? {} : { "x-api-key": apiKey };
  const response = await app.inject({ method, url, headers, ...(payload && { payload }) });
  const isJson = /json/.test(String(response.headers["content-type"]));
  return { status: response.statusCode, headers: response.headers, body: isJson ? response.json() : response.body };
}

const configure = (config: object) => call("PUT", `${EXTENSION}/config`, "SYSTEM_CONFIGURATION", { config });

describe("access", () => {
  it.each([
    ["GET", "/api/v2/extension-points", "SYSTEM_CONFIGURATION_READ"],
    ["GET", "/api/v2/extension-points/vuln-data-source/extensions", "SYSTEM_CONFIGURATION_READ"],
    ["GET", `${EXTENSION}/config`, "SYSTEM_CONFIGURATION_READ"],
    ["PUT", `${EXTENSION}/config`, "SYSTEM_CONFIGURATION_UPDATE"],
    ["GET", `${EXTENSION}/config-schema`, "SYSTEM_CONFIGURATION_READ"],
    ["POST", RUNS, "SYSTEM_CONFIGURATION_UPDATE"],
    ["GET", `${RUNS}/latest`, "SYSTEM_CONFIGURATION_READ"],
    ["POST", "/api/v2/epss/mirror-runs", "SYSTEM_CONFIGURATION_UPDATE"],
    ["GET", "/api/v2/epss/mirror-runs/latest", "SYSTEM_CONFIGURATION_READ"],
    ["GET", "/api/v1/vulnerability", "VIEW_PORTFOLIO"],
    ["GET", "/api/v1/vulnerability/source/OSV/vuln/PYSEC-1", "VIEW_PORTFOLIO"],
    ["GET", `/api/v1/vulnerability/${crypto.randomUUID()}`, "VULNERABILITY_MANAGEMENT_READ"],
  ] as const)("%s %s asks for a key with %s", async (method, url, permission) => {
    expect((await call(method, url)).status).toBe(401);
    expect((await call(method, url, "BOM_UPLOAD")).status).toBe(403);
    expect([401, 403]).not.toContain((await call(method, url, permission)).status);
  });
});

describe("extension points", () => {
  it("list points, extensions and the configuration in force with its schema", async () => {
    const key = "SYSTEM_CONFIGURATION_READ";
    expect((await call("GET", "/api/v2/extension-points", key)).body).toEqual({
      items: [{ name: "kev-data-source" }, { name: "vuln-data-source" }],
      total: { count: 2, type: "EXACT" },
    });
    const extensions = await call("GET", "/api/v2/extension-points/vuln-data-source/extensions", key);
    expect(extensions.body.items).toEqual([
      { name: "github", display_name: "GitHub Advisories", configurable: true, testable: false },
      { name: "nvd", display_name: "National Vulnerability Database", configurable: true, testable: false },
      { name: "osv", display_name: "OSV", configurable: true, testable: false },
    ]);
    expect((await call("GET", `${EXTENSION.replace("osv", "nvd")}/config`, key)).body.config).toEqual({
      enabled: true,
      cveFeedsUrl: "https://nvd.nist.gov/feeds",
    });
    expect((await call("GET", `${EXTENSION}/config`, key)).body.config).toEqual({
      enabled: false,
      aliasSyncEnabled: true,
      incrementalMirroringEnabled: true,
      dataUrl: "https://storage.googleapis.com/osv-vulnerabilities",
      ecosystems: ["Go", "Maven", "npm", "NuGet", "PyPI"],
    });
    const schema = await call("GET", `${EXTENSION}/config-schema`, key);
    expect(schema.body).toMatchObject({ $schema: expect.stringContaining("json-schema.org"), type: "object" });
  });

  it.each(["/api/v2/extension-points/none/extensions", `${EXTENSION.replace("osv", "none")}/config`])(
    "answer 404 at %s",
    async (url) => {
      expect(await call("GET", url, "SYSTEM_CONFIGURATION")).toMatchObject({ status: 404, body: { status: 404 } });
    },
  );

  it("take a changed configuration with 204 and an unchanged one with 304", async () => {
    const config = { enabled: true, dataUrl: bucket.url, ecosystems: ["PyPI"] };
    expect((await configure(config)).status).toBe(204);
    expect((await configure(config)).status).toBe(304);
    const { body } = await call("GET", `${EXTENSION}/config`, "SYSTEM_CONFIGURATION");
    expect(body.config).toMatchObject({ ...config, aliasSyncEnabled: true });
  });

  it("name every place where a configuration does not fit the schema", async () => {
    const { status, body } = await configure({
      enabled: "yes",
      ecosystems: ["../etc"],
      dataUrl: "gopher://x",
      extra: 1,
    });
    expect([status, body.title]).toEqual([400, "JSON Schema Validation Failed"]);
    expect(body.errors.map((error: Record<string, string>) => [error.instance_location, error.keyword]).sort()).toEqual(
      [
        ["", "additionalProperties"],
        ["/dataUrl", "format"],
        ["/ecosystems/0", "pattern"],
        ["/enabled", "type"],
      ],
    );
    expect((await call("PUT", `${EXTENSION}/config`, "SYSTEM_CONFIGURATION", {})).status).toBe(400);
  });

  it("refuse a file: URL outside the permitted directories and name the property", async () => {
    const { status, body } = await configure({ enabled: true, dataUrl: `file://${join(directory.path)}` });
    expect([status, body.title]).toEqual([400, "Config Validation Failed"]);
    expect(body.detail).toContain("dt.vuln-data-source.file-roots");
  });
});

describe("mirror runs", () => {
  const start = (name = "osv") => call("POST", RUNS.replace("osv", name), "SYSTEM_CONFIGURATION");
  const latest = (name = "osv") => call("GET", `${RUNS.replace("osv", name)}/latest`, "SYSTEM_CONFIGURATION");

  it("answer 404 for an unknown source and before the first run, 400 while the source is switched off", async () => {
    expect([(await start("none")).status, (await latest("none")).status, (await latest()).status]).toEqual([
      404, 404, 404,
    ]);
    await configure({ enabled: false });
    const { status, body } = await start();
    expect([status, body.type]).toEqual([400, "/problems/vuln-data-source-not-enabled"]);
  });

  it("start with 202, one at a time, and can be watched to their end", async () => {
    for (const [path, content] of testing.bucketFiles("PyPI", [
      testing.advisory("PYSEC-1", { aliases: ["CVE-2026-1234"] }),
    ]))
      files.set(path, content);
    await configure({ enabled: true, dataUrl: bucket.url, ecosystems: ["PyPI"] });
    const queue = { kind: "workflow", name: "default" } as const;
    await bench.engine.client.updateQueue({ ...queue, status: "PAUSED" });
    const started = await start();
    expect([started.status, started.headers.location]).toEqual([202, `${RUNS}/latest`]);
    const again = await start();
    expect([again.status, again.body.type]).toEqual([409, "/problems/vuln-data-source-mirror-already-running"]);
    expect((await latest()).body).toEqual({ status: "PENDING" });
    await bench.engine.client.updateQueue({ ...queue, status: "ACTIVE" });
    const ended = await until("the mirror is completed", async () => {
      const { body } = await latest();
      expect(["PENDING", "RUNNING", "COMPLETED"]).toContain(body.status);
      return body.status === "COMPLETED" && body;
    });
    expect(ended).toMatchObject({ progress: { ecosystem: "PyPI", done: 1, total: 1 } });
    expect(ended.completed_at).toBeGreaterThanOrEqual(ended.started_at);
  });

  it("say why they failed", async () => {
    await configure({ enabled: true, dataUrl: bucket.url, ecosystems: ["Nowhere"] });
    expect((await start()).status).toBe(202);
    const ended = await until("the mirror has failed", async () => {
      const { body } = await latest();
      return body.status === "FAILED" && body;
    });
    expect(ended.failure_reason).toContain("Nowhere");
  });
});

describe("vulnerabilities", () => {
  it("are found by name and by UUID, with aliases and what they affect", async () => {
    const { status, body } = await call("GET", "/api/v1/vulnerability/source/OSV/vuln/PYSEC-1", "VIEW_PORTFOLIO");
    expect(status).toBe(200);
    expect(body).toEqual({
      isKev: false,
      uuid: expect.any(String),
      vulnId: "PYSEC-1",
      source: "OSV",
      friendlyVulnId: "PYSEC-1",
      title: "Something about PYSEC-1",
      severity: "UNASSIGNED",
      created: expect.any(String),
      published: "2025-12-01T00:00:00.000Z",
      updated: "2026-01-01T00:00:00.000Z",
      aliases: [{ cveId: "CVE-2026-1234" }],
      affectedComponents: [
        {
          identity: "pkg:pypi/sample",
          identityType: "PURL",
          versionType: "RANGE",
          versionStartIncluding: "1.0",
          versionEndExcluding: "2.0",
        },
      ],
    });
    const byUuid = await call("GET", `/api/v1/vulnerability/${body.uuid}`, "VULNERABILITY_MANAGEMENT");
    expect(byUuid.body).toEqual(body);
  });

  it("are answered with 404 when unknown and 400 when the UUID is none", async () => {
    expect((await call("GET", "/api/v1/vulnerability/source/OSV/vuln/PYSEC-2", "VIEW_PORTFOLIO")).status).toBe(404);
    const unknown = `/api/v1/vulnerability/${crypto.randomUUID()}`;
    expect((await call("GET", unknown, "VULNERABILITY_MANAGEMENT")).status).toBe(404);
    expect((await call("GET", "/api/v1/vulnerability/nonsense", "VULNERABILITY_MANAGEMENT")).status).toBe(400);
  });

  it("are listed in pages with their number, searched and sorted", async () => {
    await executorOf(opened.database.db).query(
      "insert into vulnerability (source, vuln_id, title, severity) values ('NVD', 'CVE-2026-1', 'A 100% thing', 5)",
    );
    const list = (query: string) => call("GET", `/api/v1/vulnerability?${query}`, "VIEW_PORTFOLIO");
    const all = await list("sortName=severity&sortOrder=desc&pageNumber=1&pageSize=1");
    expect([all.headers["x-total-count"], all.body.map((one: { vulnId: string }) => one.vulnId)]).toEqual([
      "2",
      ["CVE-2026-1"],
    ]);
    expect((await list(`searchText=${encodeURIComponent("0%")}`)).body).toHaveLength(1);
    expect((await list("searchText=nothing")).body).toEqual([]);
    expect((await list("sortName=digest")).status).toBe(400);
  });
});

describe("the schedule", () => {
  it("starts a mirror only while the source is enabled, and never a second one beside it", async () => {
    const [entry] = bench.feature.schedule;
    const fire = () => opened.database.transaction(async (tx) => entry?.start(tx, bench.engine.client, new Date()));
    const runs = async () =>
      (await bench.engine.client.listRuns({ name: "mirror-vuln-data-source", limit: 100 })).length;
    const before = await runs();
    await configure({ enabled: false });
    await fire();
    expect(await runs()).toBe(before);
    await configure({ enabled: true, dataUrl: bucket.url, ecosystems: ["PyPI"] });
    await opened.database.transaction(async (tx) => {
      await entry?.start(tx, bench.engine.client, new Date());
      await entry?.start(tx, bench.engine.client, new Date());
    });
    expect(await runs()).toBe(before + 1);
  });
});
