/**
 * What a recorded run needs around it, and how it is started when it is recorded. Everything is the same each time – ids are
 * given or counted from one in a fresh database – so that recorded inputs fit what `prepare` puts there.
 */
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { Workflow } from "@evertrack/engine/authoring";
import { analyzeProject } from "../../src/features/analysis/workflows/analyze-project.ts";
import { matchAdvisories } from "../../src/features/analysis/workflows/match-advisories.ts";
import { identifyInternal } from "../../src/features/components/workflows/identify-internal.ts";
import { insertUpload } from "../../src/features/ingestion/store.ts";
import { insertVexImport } from "../../src/features/ingestion/store-vex.ts";
import { bomOf } from "../../src/features/ingestion/testing.ts";
import { importBom } from "../../src/features/ingestion/workflows/import-bom.ts";
import { importVex } from "../../src/features/ingestion/workflows/import-vex.ts";
import { updateDirtyMetrics } from "../../src/features/metrics/workflows/update-dirty-metrics.ts";
import { updateMetricsNow } from "../../src/features/metrics/workflows/update-metrics-now.ts";
import { updatePortfolioMetrics } from "../../src/features/metrics/workflows/update-portfolio-metrics.ts";
import { writeExtensionConfig } from "../../src/features/settings/store/extensions.ts";
import { backfillRunName, backfillWorkflow } from "../../src/features/upgrades/backfills/workflows/run-backfill.ts";
import { advisory, bucketFiles, serveBucket } from "../../src/features/vulnerabilities/testing.ts";
import { ghsa, ghsaId, serveGithub } from "../../src/features/vulnerabilities/testing-github.ts";
import { cve, feedFiles, feedText, serveFeeds } from "../../src/features/vulnerabilities/testing-nvd.ts";
import { mirrorEpss } from "../../src/features/vulnerabilities/workflows/mirror-epss.ts";
import { mirrorGithub } from "../../src/features/vulnerabilities/workflows/mirror-github.ts";
import { mirrorKevDataSource } from "../../src/features/vulnerabilities/workflows/mirror-kev-data-source.ts";
import { mirrorNvd } from "../../src/features/vulnerabilities/workflows/mirror-nvd.ts";
import { mirrorVulnDataSource } from "../../src/features/vulnerabilities/workflows/mirror-vuln-data-source.ts";
import { housekeepingWorkflow } from "../../src/platform/engine/index.ts";
import { Seed } from "../../src/testing/seed.ts";
import type { TestServer } from "../../src/testing/test-server.ts";

const PROJECT = { id: 1, uuid: "00000000-0000-4000-8000-000000000001" };
const TOKEN = "00000000-0000-4000-8000-000000000002";
const PACKAGE_KEY = "npm/left-pad";
const NVD_FEEDS = ["modified"];
const LICENSES = "component-license";
const DETAILS = "component-detail";

export interface Scenario {
  /** Starts the run with this id; used when it is recorded. */
  start(server: TestServer, runId: string): Promise<string | null>;
  /** Puts the rows and files there that the run works on; what it returns ends what it opened. */
  prepare(server: TestServer): Promise<(() => void) | undefined>;
  /** Rows that are there if and only if the step (or what begins like it) has been executed. */
  effects: { step: string; rows: string }[];
}

/** By the name their histories carry; a name that was recorded once stays. */
export const scenarios: Record<string, Scenario> = {
  "import-bom": {
    start: starting(importBom, { token: TOKEN, fileLocation: `local:///bom-upload/${TOKEN}` }, importOptions()),
    prepare: (server) => prepareUpload(server, bomOf([{ name: "left-pad", version: "1.0.0" }])),
    effects: [{ step: "replace-inventory", rows: "select from bom_import" }],
  },
  "import-bom-failure": {
    start: starting(importBom, { token: TOKEN, fileLocation: `local:///bom-upload/${TOKEN}` }, importOptions()),
    prepare: (server) => prepareUpload(server, "this is no BOM"),
    effects: [{ step: "record-failure", rows: "select from outbox_event where type = 'BOM_PROCESSING_FAILED'" }],
  },
  "import-vex": {
    start: starting(importVex, { token: TOKEN, fileLocation: `local:///bom-upload/${TOKEN}` }, vexOptions()),
    prepare: (server) => prepareVex(server, bomOf([], { vulnerabilities: [] })),
    effects: [{ step: "apply-statements", rows: "select from outbox_event where type = 'VEX_PROCESSED'" }],
  },
  "import-vex-failure": {
    start: starting(importVex, { token: TOKEN, fileLocation: `local:///bom-upload/${TOKEN}` }, vexOptions()),
    prepare: (server) => prepareVex(server, "this is no VEX"),
    effects: [{ step: "record-failure", rows: "select from vex_import where outcome = 'FAILED'" }],
  },
  "analyze-project": {
    start: starting(
      analyzeProject,
      { projectId: PROJECT.id, projectUuid: PROJECT.uuid, trigger: "bom-upload" },
      { concurrencyKey: `analyze-project:${PROJECT.uuid}`, instanceId: `analyze-project:bom-upload:${TOKEN}` },
    ),
    prepare: prepareInventory,
    effects: [
      { step: "match:", rows: "select from vulnerability_match" },
      { step: "update", rows: "select from project_metrics" },
    ],
  },
  "analyze-project-analyzers": {
    start: starting(
      analyzeProject,
      { projectId: PROJECT.id, projectUuid: PROJECT.uuid, trigger: "manual" },
      { concurrencyKey: `analyze-project:${PROJECT.uuid}`, instanceId: `analyze-project-manual:${PROJECT.uuid}` },
    ),
    prepare: prepareReports,
    effects: [
      { step: "reconcile:", rows: "select from analyzer_answer" },
      { step: "update", rows: "select from project_metrics" },
    ],
  },
  "match-advisories": {
    start: starting(matchAdvisories, { packageKeys: [PACKAGE_KEY] }, { instanceId: "match-advisories:1" }),
    prepare: prepareInventory,
    effects: [{ step: "match:", rows: "select from vulnerability_match" }],
  },
  "update-dirty-metrics": {
    start: starting(updateDirtyMetrics, {}, { concurrencyKey: "update-dirty-metrics" }),
    prepare: prepareInventory,
    effects: [],
  },
  "update-metrics-now": {
    start: starting(updateMetricsNow, { projectIds: [PROJECT.id] }),
    prepare: prepareInventory,
    effects: [{ step: "update", rows: "select from project_metrics" }],
  },
  "update-portfolio-metrics": {
    start: starting(updatePortfolioMetrics, { afterId: 0, failures: 0 }, { instanceId: "update-portfolio-metrics" }),
    prepare: prepareInventory,
    effects: [{ step: "update", rows: "select from project_metrics" }],
  },
  "identify-internal-components": {
    start: starting(identifyInternal, {}, { instanceId: "identify-internal-components" }),
    prepare: prepareInventory,
    effects: [],
  },
  "mirror-vuln-data-source": {
    start: starting(mirrorVulnDataSource, { name: "osv" }, { instanceId: "mirror-vuln-data-source:osv" }),
    prepare: (server) => prepareBucket(server, ["PyPI"], ["PyPI"]),
    effects: [{ step: "store:", rows: "select from vulnerability" }],
  },
  "mirror-vuln-data-source-failure": {
    start: starting(mirrorVulnDataSource, { name: "osv" }, { instanceId: "mirror-vuln-data-source:osv" }),
    prepare: (server) => prepareBucket(server, ["Missing", "PyPI"], ["PyPI"]),
    effects: [{ step: "store:", rows: "select from vulnerability" }],
  },
  "mirror-nvd": {
    start: starting(mirrorNvd, { feeds: NVD_FEEDS }, { instanceId: "mirror-vuln-data-source:nvd" }),
    prepare: (server) => prepareFeeds(server, NVD_FEEDS),
    effects: [{ step: "store:", rows: "select from vulnerability" }],
  },
  "mirror-nvd-failure": {
    start: starting(mirrorNvd, { feeds: NVD_FEEDS }, { instanceId: "mirror-vuln-data-source:nvd" }),
    prepare: (server) => prepareFeeds(server, []),
    effects: [],
  },
  "mirror-epss": {
    start: starting(mirrorEpss, {}, { instanceId: "mirror-epss" }),
    prepare: prepareEpss,
    effects: [{ step: "store:", rows: "select from epss_score" }],
  },
  "mirror-kev": {
    start: starting(mirrorKevDataSource, { name: "cisa" }, { instanceId: "mirror-kev-data-source:cisa" }),
    prepare: prepareKev,
    effects: [{ step: "store", rows: "select from kev_assertion" }],
  },
  "mirror-github": {
    start: starting(mirrorGithub, {}, { instanceId: "mirror-vuln-data-source:github" }),
    prepare: (server) => prepareGithub(server, 200),
    effects: [{ step: "store:", rows: "select from vulnerability" }],
  },
  "mirror-github-failure": {
    start: starting(mirrorGithub, {}, { instanceId: "mirror-vuln-data-source:github" }),
    prepare: (server) => prepareGithub(server, 401),
    effects: [],
  },
  housekeeping: {
    start: starting(housekeepingWorkflow, { task: "upload-cleanup" }, { instanceId: "housekeeping:upload-cleanup" }),
    prepare: async () => undefined,
    effects: [],
  },
  "backfill-component-license": {
    start: starting(backfillWorkflow(LICENSES), {}, { instanceId: backfillRunName(LICENSES), priority: 0 }),
    prepare: (server) => preparePending(server, LICENSES, "license = 'MIT'"),
    effects: [{ step: "batch:", rows: "select from component_license where name = 'MIT'" }],
  },
  "backfill-component-detail": {
    start: starting(backfillWorkflow(DETAILS), {}, { instanceId: backfillRunName(DETAILS), priority: 0 }),
    prepare: (server) => preparePending(server, DETAILS, `detail = '{"copyright":"recorded"}'`),
    effects: [{ step: "batch:", rows: "select from component_detail where content ->> 'copyright' = 'recorded'" }],
  },
};

interface StartOptions {
  concurrencyKey?: string;
  instanceId?: string;
  priority?: number;
  labels?: Record<string, string>;
}

function starting<I>(workflow: Workflow<I, unknown>, input: NoInfer<I>, options: StartOptions = {}): Scenario["start"] {
  return ({ database, engine }, runId) =>
    database.transaction((tx) => engine.client.startRun(tx, workflow, input, { ...options, runId }));
}

function importOptions(): StartOptions {
  const labels = { project: PROJECT.uuid, token: TOKEN };
  return { concurrencyKey: `import-bom:${PROJECT.uuid}`, labels, priority: 50 };
}

function vexOptions(): StartOptions {
  return { ...importOptions(), concurrencyKey: `import-vex:${PROJECT.uuid}` };
}

async function prepareProject(server: TestServer): Promise<Seed> {
  const seed = new Seed(server.database.executor);
  const { id } = await seed.project("recorded");
  if (id !== PROJECT.id)
    throw new Error(`the first project of a fresh database has id ${id}, recorded was ${PROJECT.id}`);
  await seed.rows("update project set uuid = $1 where id = $2", [PROJECT.uuid, id]);
  return seed;
}

async function prepareUpload(server: TestServer, content: string): Promise<undefined> {
  await prepareProject(server);
  const stored = await server.files.put(`bom-upload/${TOKEN}`, Readable.from([Buffer.from(content)]));
  const { location: fileLocation, sha256: fileSha256, sizeBytes } = stored;
  const upload = {
    token: TOKEN,
    projectId: PROJECT.id,
    projectUuid: PROJECT.uuid,
    fileLocation,
    fileSha256,
    sizeBytes,
    contentSha256: null,
  };
  await server.database.transaction((tx) => insertUpload(tx, upload, "recorded"));
}

async function prepareVex(server: TestServer, content: string): Promise<undefined> {
  await prepareUpload(server, content);
  const vex = { token: TOKEN, projectId: PROJECT.id, projectUuid: PROJECT.uuid };
  await server.database.transaction((tx) => insertVexImport(tx, vex));
}

/** A project with a component that an advisory concerns. */
async function prepareInventory(server: TestServer): Promise<undefined> {
  const seed = await prepareProject(server);
  await seed.component(PROJECT.id, await seed.identity("pkg:npm/left-pad@1.0.0"));
  await seed.advisory({ id: "GHSA-recorded", packageKey: PACKAGE_KEY, ranges: [{ introduced: "0", fixed: "2.0.0" }] });
}

/** A component that was matched before, with reports of an external analyzer that is switched off: they are taken back. */
async function prepareReports(server: TestServer): Promise<undefined> {
  const seed = await prepareProject(server);
  const identityId = await seed.identity("pkg:npm/left-pad@1.0.0");
  await seed.component(PROJECT.id, identityId);
  await seed.rows("insert into identity_match_state (identity_id) values ($1)", [identityId]);
  const vulnerabilityId = await seed.advisory({ id: "sonatype-1", source: "OSSINDEX", packageKey: "npm/other" });
  await seed.rows(
    `with m as (insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
       values ($1, $2, 4, -1, -1, 'epoch', '{oss-index}'))
     insert into analyzer_report (identity_id, analyzer, vulnerability_id) values ($2, 'oss-index', $1)`,
    [vulnerabilityId, identityId],
  );
}

/** A component in an old shape, and the backfill that brings it along under way. */
async function preparePending(server: TestServer, backfill: string, change: string): Promise<undefined> {
  const seed = await prepareProject(server);
  const { uuid } = await seed.component(PROJECT.id, await seed.identity("pkg:npm/left-pad@1.0.0"));
  await seed.rows(`update component set ${change} where uuid = $1`, [uuid]);
  await seed.rows(
    "update backfill set status = 'RUNNING', finished_at = null, rows_estimated = 1, run_id = gen_random_uuid() where name = $1",
    [backfill],
  );
}

async function prepareFeeds(server: TestServer, served: readonly string[]): Promise<() => void> {
  const contents = served.flatMap((feed) => [...feedFiles(feed, feedText([cve("CVE-2026-0001")]))]);
  const feeds = await serveFeeds(new Map(contents), new Map());
  const config = { enabled: true, cveFeedsUrl: feeds.url };
  await server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "nvd", config));
  return () => feeds.close();
}

async function prepareEpss(server: TestServer): Promise<() => void> {
  const scores = gzipSync("cve,epss,percentile\nCVE-2026-0001,0.5,0.9\n");
  const feeds = await serveFeeds(new Map([["epss_scores-current.csv.gz", scores]]), new Map());
  const url = "update config_property set property_value = $1 where property_name = 'epss.feeds.url'";
  await server.database.executor.query(url, [feeds.url]);
  return () => feeds.close();
}

async function prepareKev(server: TestServer): Promise<() => void> {
  const list = JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2026-0001", dateAdded: "2026-01-01" }] });
  const feeds = await serveFeeds(new Map([["kev.json", Buffer.from(list)]]), new Map());
  const config = { enabled: true, feedUrl: `${feeds.url}/kev.json` };
  await server.database.transaction((tx) => writeExtensionConfig(tx, "kev-data-source", "cisa", config));
  return () => feeds.close();
}

async function prepareGithub(server: TestServer, status: number): Promise<() => void> {
  const github = await serveGithub();
  github.nodes.push(ghsa(ghsaId(1)));
  github.stub.answer = () => ({ status });
  const config = { enabled: true, apiUrl: github.url };
  await server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "github", config));
  return () => github.close();
}

async function prepareBucket(
  server: TestServer,
  ecosystems: readonly string[],
  served: readonly string[],
): Promise<() => void> {
  const contents = served.flatMap((ecosystem) => [
    ...bucketFiles(ecosystem, [advisory("PYSEC-1"), advisory("PYSEC-2")]),
  ]);
  const bucket = await serveBucket(new Map(contents));
  const config = { enabled: true, dataUrl: bucket.url, ecosystems };
  await server.database.transaction((tx) => writeExtensionConfig(tx, "vuln-data-source", "osv", config));
  return () => bucket.close();
}
