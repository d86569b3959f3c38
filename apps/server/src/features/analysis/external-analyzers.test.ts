import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { until } from "@evertrack/engine/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { verifyMatches } from "../findings/index.ts";

/** Engine and server work; OSS Index and Snyk are stubs. */
let server: TestServer;
let seed: Seed;
let key: string;
const stub = {
  url: "",
  requests: [] as { authorization: string | undefined; coordinates: string[] }[],
  /** What it knows, by coordinates. */
  knows: new Map<string, Record<string, unknown>[]>(),
  /** Answered in place of what it knows. */
  status: 200,
};
const snyk = {
  requests: [] as { url: string | undefined; authorization: string | undefined; purls: string[] }[],
  knows: new Map<string, Record<string, unknown>[]>(),
};
/** Bodies of what a Trivy server was sent; it finds CVE-2026-20041 in everything. */
let trivyBodies: { blob_info?: { package_infos?: { packages: { identifier: { purl: string } }[] }[] } }[] = [];
const http = createServer(async (request: IncomingMessage, response) => {
  if (request.url?.startsWith("/twirp/")) {
    trivyBodies.push(JSON.parse(await text(request)));
    const packages = trivyBodies
      .flatMap(({ blob_info }) => blob_info?.package_infos ?? [])
      .flatMap((info) => info.packages);
    const vulnerabilities = packages.map(({ identifier }) => ({
      vulnerability_id: "CVE-2026-20041",
      severity: "LOW",
      pkg_identifier: identifier,
    }));
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ results: [{ vulnerabilities }] }));
    return;
  }
  if (request.url?.startsWith("/rest/orgs/")) {
    const { purls } = (JSON.parse(await text(request)) as { data: { attributes: { purls: string[] } } }).data
      .attributes;
    snyk.requests.push({ url: request.url, authorization: request.headers.authorization, purls });
    const data = purls.flatMap((purl) =>
      (snyk.knows.get(purl) ?? []).map((attributes) => ({
        id: attributes.key,
        attributes: { coordinates: [{ representations: [{}, { package: { url: purl } }] }], ...attributes },
      })),
    );
    response.writeHead(200, { "content-type": "application/vnd.api+json" }).end(JSON.stringify({ data }));
    return;
  }
  const { coordinates } = JSON.parse(await text(request)) as { coordinates: string[] };
  stub.requests.push({ authorization: request.headers.authorization, coordinates });
  const reports = coordinates.map((one) => ({
    coordinates: one.toUpperCase().replace("PKG:", "pkg:"),
    reference: `https://stub.example/${encodeURIComponent(one)}`,
    vulnerabilities: stub.knows.get(one) ?? [],
  }));
  response.writeHead(stub.status, { "content-type": "application/json" }).end(JSON.stringify(reports));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  stub.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const properties = {
    "dt.vuln-analyzer.oss-index.allow-local-connections": "true",
    "dt.vuln-analyzer.oss-index.api-token": "t0ken",
    "dt.vuln-analyzer.snyk.allow-local-connections": "true",
    "dt.vuln-analyzer.snyk.api-token": "snyk-t0ken",
    "dt.vuln-analyzer.trivy.allow-local-connections": "true",
  };
  server = await testServer({ working: true, properties });
  seed = new Seed(server.database.executor);
  const permissions = ["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO", "VIEW_VULNERABILITY"] as const;
  const more = ["VULNERABILITY_ANALYSIS", "SYSTEM_CONFIGURATION", "PORTFOLIO_MANAGEMENT"] as const;
  key = (await server.keyWith([...permissions, ...more])).key;
});
afterAll(async () => {
  await server?.close();
  http.closeAllConnections();
  http.close();
});
beforeEach(async () => {
  stub.requests.length = 0;
  stub.knows.clear();
  stub.status = 200;
  await seed.rows("delete from extension_state where extension_point = 'vuln-analyzer'");
  await configure({});
});

const SOON_MS = 30_000;
const CONFIG = "/api/v2/extension-points/vuln-analyzer/extensions/oss-index/config";
let counter = 0;
const fresh = (name: string) => `${name}-${++counter}`;

async function configure(members: Record<string, unknown>): Promise<void> {
  const body = { config: { enabled: true, apiUrl: stub.url, username: "me", ...members } };
  const { statusCode, payload } = await server.request("PUT", CONFIG, { key, body });
  expect([204, 304], payload).toContain(statusCode);
}

async function upload(projectName: string, ...purls: string[]): Promise<string> {
  return uploadComponents(
    projectName,
    purls.map((purl) => ({ type: "library", name: purl, purl })),
  );
}

async function uploadComponents(projectName: string, components: object[]): Promise<string> {
  const bom = JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components });
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  const answer = await server.request("PUT", "/api/v1/bom", { key, body });
  const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
  await until("the token is done", () => isDone(token), SOON_MS);
  return projectUuid;
}

const isDone = async (token: string) =>
  !(await server.request("GET", `/api/v1/event/token/${token}`, { key })).json<{ processing: boolean }>().processing;

/** Analyses a project again; cached answers have expired unless they are to be kept. */
async function analyze(projectUuid: string, { cached = false } = {}): Promise<void> {
  if (!cached) await seed.rows("update analyzer_cache set expires_at = now() - interval '1 second'");
  const answer = await server.request("POST", `/api/v1/finding/project/${projectUuid}/analyze`, { key });
  await until("it is analysed", () => isDone(answer.json<{ token: string }>().token), SOON_MS);
  await until(
    "no analysis is under way",
    async () => (await server.engine.client.listRuns({ labels: { project: projectUuid }, limit: 100 })).every(hasEnded),
    SOON_MS,
  );
}

const hasEnded = ({ status }: { status: string }) => ["COMPLETED", "FAILED", "CANCELLED"].includes(status);

interface Found {
  vulnerability: { source: string; vulnId: string; severity: string };
  attribution: { analyzerIdentity: string; referenceUrl?: string };
  component: { uuid: string };
  analysis: { state: string };
}

async function found(projectUuid: string): Promise<Found[]> {
  return (await server.request("GET", `/api/v1/finding/project/${projectUuid}`, { key })).json<Found[]>();
}

const namesOf = async (projectUuid: string) =>
  (await found(projectUuid))
    .map(({ vulnerability, attribution }) => `${vulnerability.vulnId} ${attribution.analyzerIdentity}`)
    .sort();

const entry = (id: string, members: Record<string, unknown> = {}) => ({
  id,
  title: `About ${id}`,
  description: "What it is",
  cvssScore: 9.8,
  cvssVector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
  cwe: "CWE-79",
  reference: "https://stub.example/vulnerability",
  ...members,
});

describe("OSS Index", () => {
  test("gives findings by the time the upload is done, with what it says of them", async () => {
    const coordinates = `pkg:npm/${fresh("first")}@1.0.0`;
    stub.knows.set(coordinates, [entry("sonatype-2026-0001"), entry("cve-2026-20001")]);
    const project = await upload(fresh("p"), `${coordinates}?arch=x#lib`, "pkg:deb/debian/zlib@1.0", "pkg:npm/none");
    expect(await namesOf(project)).toEqual([
      "CVE-2026-20001 OSSINDEX_ANALYZER",
      "sonatype-2026-0001 OSSINDEX_ANALYZER",
    ]);
    expect(
      (await found(project)).map(({ vulnerability: { source, severity } }) => `${source} ${severity}`).sort(),
    ).toEqual(["NVD CRITICAL", "OSSINDEX CRITICAL"]);
    const authorization = `Basic ${Buffer.from("me:t0ken").toString("base64")}`;
    expect(stub.requests).toEqual([{ authorization, coordinates: [coordinates] }]);
    const numbers = await server.request("GET", `/api/v1/metrics/project/${project}/current`, { key });
    expect(numbers.json()).toMatchObject({ critical: 2 });
  });

  test("is asked about at most 128 packages at a time, once in 24 hours, also where it knows of nothing", async () => {
    const name = fresh("many");
    const purls = Array.from({ length: 150 }, (_, index) => `pkg:npm/${name}-${index}@1.0.0`);
    await upload(fresh("p"), ...purls);
    expect(stub.requests.map(({ coordinates }) => coordinates.length)).toEqual([128, 22]);
    const project = await upload(fresh("p"), ...purls.slice(0, 100));
    await analyze(project, { cached: true });
    expect(stub.requests).toHaveLength(2);
    const ages = await seed.rows<{ hours: number }>(
      "select distinct extract(epoch from expires_at - answered_at)::int / 3600 as hours from analyzer_cache where key like $1",
      [`%${name}-%`],
    );
    expect(ages).toEqual([{ hours: 24 }]);
    await analyze(project);
    expect(stub.requests.map(({ coordinates }) => coordinates.length)).toEqual([128, 22, 100]);
  });

  test("and our own matching on the same vulnerability are one finding, that stays until neither reports it", async () => {
    const name = fresh("both");
    const coordinates = `pkg:npm/${name}@1.0.0`;
    stub.knows.set(coordinates, [entry("CVE-2026-20002")]);
    const both = { id: "CVE-2026-20002", source: "NVD", packageKey: `npm/${name}`, ranges: [{ introduced: "0" }] };
    await seed.advisory(both);
    const project = await upload(fresh("p"), coordinates);
    expect(await namesOf(project)).toEqual(["CVE-2026-20002 INTERNAL_ANALYZER"]);
    const analyzers = () =>
      seed.rows<{ analyzers: string[] }>(
        "select analyzers from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id where v.vuln_id = $1",
        ["CVE-2026-20002"],
      );
    expect(await analyzers()).toEqual([{ analyzers: ["internal", "oss-index"] }]);
    await seed.advisory({ ...both, ranges: [{ introduced: "2.0.0" }] });
    await analyze(project);
    expect(await namesOf(project)).toEqual(["CVE-2026-20002 OSSINDEX_ANALYZER"]);
    await seed.advisory(both);
    await analyze(project);
    expect(await analyzers()).toEqual([{ analyzers: ["internal", "oss-index"] }]);
    stub.knows.clear();
    await analyze(project);
    expect(await analyzers()).toEqual([{ analyzers: ["internal"] }]);
    await seed.advisory({ ...both, ranges: [{ introduced: "2.0.0" }] });
    await analyze(project);
    expect(await namesOf(project)).toEqual([]);
    expect((await verifyMatches(server.database)).differences).toEqual([]);
  });

  test("takes a finding back that it does not report any more; what was decided is there when it comes back", async () => {
    const coordinates = `pkg:npm/${fresh("audited")}@1.0.0`;
    stub.knows.set(coordinates, [entry("sonatype-2026-0003")]);
    const project = await upload(fresh("p"), coordinates);
    const [finding] = await found(project);
    const { rows } = await server.database.executor.query<{ uuid: string }>(
      "select uuid from vulnerability where vuln_id = 'sonatype-2026-0003'",
    );
    const body = {
      component: finding?.component.uuid,
      vulnerability: rows[0]?.uuid,
      project,
      analysisState: "NOT_AFFECTED",
    };
    expect((await server.request("PUT", "/api/v1/analysis", { key, body })).statusCode).toBe(200);
    stub.knows.clear();
    await analyze(project);
    expect(await found(project)).toEqual([]);
    stub.knows.set(coordinates, [entry("sonatype-2026-0003")]);
    await analyze(project);
    expect((await found(project)).map(({ analysis }) => analysis.state)).toEqual(["NOT_AFFECTED"]);
  });

  test("keeps its findings while it fails; the analysis goes on, and after five failures it is left alone", async () => {
    const coordinates = `pkg:npm/${fresh("failing")}@1.0.0`;
    stub.knows.set(coordinates, [entry("sonatype-2026-0004")]);
    const project = await upload(fresh("p"), coordinates);
    stub.status = 401;
    stub.requests.length = 0;
    for (let time = 0; time < 6; time++) await analyze(project);
    expect(stub.requests).toHaveLength(5);
    expect(await namesOf(project)).toEqual(["sonatype-2026-0004 OSSINDEX_ANALYZER"]);
    const runs = await server.engine.client.listRuns({ labels: { project }, limit: 100 });
    expect(runs.filter(({ name }) => name === "analyze-project").map(({ status }) => status)).not.toContain("FAILED");
    stub.status = 200;
    stub.knows.clear();
    await analyze(project);
    expect(await found(project), "not asked yet").toHaveLength(1);
    await seed.rows(
      `update extension_state set value = jsonb_set(value, '{openUntilMs}', '0') where extension_point = 'vuln-analyzer'`,
    );
    await analyze(project);
    expect(await found(project)).toEqual([]);
  });

  test("never hears of internal components, and what it said of them before goes", async () => {
    const coordinates = `pkg:npm/${fresh("secret")}@1.0.0`;
    stub.knows.set(coordinates, [entry("sonatype-2026-0005")]);
    const project = await upload(fresh("p"), coordinates);
    expect(await found(project)).toHaveLength(1);
    await seed.rows(
      "update component set is_internal = true where project_id = (select id from project where uuid = $1)",
      [project],
    );
    stub.requests.length = 0;
    await analyze(project);
    expect(stub.requests).toEqual([]);
    expect(await found(project)).toEqual([]);
  });

  test("is not asked when switched off, and takes its findings along", async () => {
    const coordinates = `pkg:npm/${fresh("off")}@1.0.0`;
    stub.knows.set(coordinates, [entry("sonatype-2026-0006")]);
    const project = await upload(fresh("p"), coordinates);
    await configure({ enabled: false });
    stub.requests.length = 0;
    await analyze(project);
    expect(stub.requests).toEqual([]);
    expect(await found(project)).toEqual([]);
  });

  test("changes nothing of a CVE that is known, refreshes what is its own, and tells aliases where wanted", async () => {
    const coordinates = `pkg:npm/${fresh("owned")}@1.0.0`;
    await seed.advisory({ id: "CVE-2026-20007", source: "NVD", packageKey: "npm/other", severity: 2 });
    stub.knows.set(coordinates, [entry("CVE-2026-20007"), entry("sonatype-2026-0007", { cve: "CVE-2026-20008" })]);
    await configure({ aliasSyncEnabled: true });
    const project = await upload(fresh("p"), coordinates);
    const severities = async () =>
      (await found(project)).map(({ vulnerability: { vulnId, severity } }) => `${vulnId} ${severity}`).sort();
    expect(await severities()).toEqual(["CVE-2026-20007 LOW", "sonatype-2026-0007 CRITICAL"]);
    const aliases = await seed.rows<{ name: string }>(
      `select vuln_id || ' ' || alias_id || ' ' || asserter as name from vulnerability_alias_assertion where vuln_id like 'sonatype-%7'`,
    );
    expect(aliases).toEqual([{ name: "sonatype-2026-0007 CVE-2026-20008 vuln-analyzer:oss-index" }]);
    const lesser = { cvssScore: 3.7, cvssVector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N" };
    stub.knows.set(coordinates, [entry("CVE-2026-20007"), entry("sonatype-2026-0007", lesser)]);
    await analyze(project);
    expect(await severities()).toEqual(["CVE-2026-20007 LOW", "sonatype-2026-0007 LOW"]);
  });
});

describe("Snyk", () => {
  const SNYK_CONFIG = CONFIG.replace("oss-index", "snyk");
  const switchSnyk = async (config: object) =>
    (await server.request("PUT", SNYK_CONFIG, { key, body: { config: { apiBaseUrl: stub.url, ...config } } }))
      .statusCode;
  beforeEach(async () => {
    snyk.requests.length = 0;
    snyk.knows.clear();
    await configure({ enabled: false });
  });
  afterEach(() => switchSnyk({ enabled: false }));

  test("is not switched on without an organisation", async () => {
    expect(await switchSnyk({ enabled: true })).toBe(400);
  });

  test("gives findings with what it says of them, is asked once in 12 hours, and takes back what it does not report any more", async () => {
    expect(await switchSnyk({ enabled: true, orgId: "our org", aliasSyncEnabled: true })).toBe(204);
    const purl = `pkg:npm/${fresh("snyk")}@1.0.0`;
    const problems = [{ id: "CVE-2026-20031", source: "CVE" }];
    const severities = [
      { source: "Snyk", level: "high", score: 7.5, vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" },
    ];
    snyk.knows.set(purl, [{ key: "SNYK-JS-A-31", title: "About it", problems, severities }]);
    const project = await upload(fresh("p"), purl.replace("snyk", "SNYK"), "pkg:deb/debian/zlib@1.0");
    expect(snyk.requests).toEqual([
      {
        url: "/rest/orgs/our%20org/packages/issues?version=2025-11-05",
        authorization: "token snyk-t0ken",
        purls: [purl],
      },
    ]);
    expect(await namesOf(project)).toEqual(["SNYK-JS-A-31 SNYK_ANALYZER"]);
    const [{ vulnerability, attribution } = { vulnerability: undefined, attribution: undefined }] =
      await found(project);
    expect(attribution?.referenceUrl).toBe("https://security.snyk.io/vuln/SNYK-JS-A-31");
    expect(vulnerability).toMatchObject({ source: "SNYK", severity: "HIGH", aliases: [{ cveId: "CVE-2026-20031" }] });
    await analyze(project, { cached: true });
    expect(snyk.requests).toHaveLength(1);
    const ages = await seed.rows<{ hours: number }>(
      "select extract(epoch from expires_at - answered_at)::int / 3600 as hours from analyzer_cache where analyzer = 'snyk' and key = $1",
      [purl],
    );
    expect(ages).toEqual([{ hours: 12 }]);
    snyk.knows.clear();
    await analyze(project);
    expect(await namesOf(project)).toEqual([]);
    expect((await verifyMatches(server.database)).differences).toEqual([]);
  });
});

describe("Trivy", () => {
  const TRIVY_CONFIG = CONFIG.replace("oss-index", "trivy");
  const switchTrivy = async (config: object) =>
    (await server.request("PUT", TRIVY_CONFIG, { key, body: { config } })).statusCode;

  test("hears of a system's package with what the BOM says of its source, each time anew", async () => {
    await configure({ enabled: false });
    expect(await switchTrivy({ enabled: true })).toBe(400);
    expect(await switchTrivy({ enabled: true, apiUrl: stub.url, scanOs: true })).toBe(204);
    trivyBodies = [];
    const purl = `pkg:deb/debian/${fresh("libx")}@1.0?distro=debian-12`;
    const properties = [{ name: "aquasecurity:trivy:SrcName", value: "x-source" }];
    const project = await uploadComponents(fresh("p"), [{ type: "library", name: "libx", purl, properties }]);
    expect(await namesOf(project)).toEqual(["CVE-2026-20041 TRIVY_ANALYZER"]);
    const sent = () => trivyBodies.flatMap(({ blob_info }) => blob_info ?? []);
    expect(sent()).toMatchObject([
      { os: { family: "debian", name: "12" }, package_infos: [{ packages: [{ src_name: "x-source" }] }] },
    ]);
    await analyze(project, { cached: true });
    expect(sent()).toHaveLength(2);
    expect(await switchTrivy({ enabled: false, apiUrl: stub.url })).toBe(204);
    await analyze(project);
    expect(await namesOf(project)).toEqual([]);
  });
});
