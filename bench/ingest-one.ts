/**
 * One BOM of 20,000 components: upload until its findings are visible, against COPYing the same rows into copies of the
 * written tables with the same indexes and constraints, alternating in one run. Bars: at most 8 times COPY, peak resident
 * memory of the instance at most 512 MB.
 *
 *   npm run bench -- ingest-one [--runs 5] [--sbom FILE] [--osv DIR]
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { mirrorOsv } from "../e2e/harness/osv-mirror.ts";
import { sharedDirectory } from "../e2e/harness/shared-data.ts";
import { CopyBaseline } from "./measuring/copy-baseline.ts";
import { memoryOf } from "./measuring/process-figures.ts";
import { keepResult, median } from "./measuring/result.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    sbom: { type: "string", default: join(sharedDirectory, "data/sboms/huge/merged-20000.cdx.json.gz") },
    osv: { type: "string", default: join(sharedDirectory, "data/osv") },
  },
});
const WRITTEN_TABLES = ["component_identity", "component", "vulnerability_match", "bom_import", "project_metrics"];
const PROJECT = { name: "ingest-one", version: "1" };

const bytes = readFileSync(resolve(values.sbom));
const bom = values.sbom.endsWith(".gz") ? gunzipSync(bytes) : bytes;
const cluster = await Cluster.start({ environment: { DT_VULN_DATA_SOURCE_FILE_ROOTS: resolve(values.osv) } });
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  await mirrorOsv(cluster.admin, resolve(values.osv));
  const ingestMs: number[] = [];
  const copyMs: number[] = [];
  let findings = 0;
  for (let run = 0; run < Number(values.runs); run++) {
    const before = performance.now();
    const { token, projectUuid } = await cluster.admin.upload(bom, PROJECT);
    await cluster.admin.processed(token, 120_000);
    findings = await countFindings(projectUuid);
    ingestMs.push(performance.now() - before);
    const baseline = await CopyBaseline.capture(database, WRITTEN_TABLES);
    copyMs.push(await baseline.copyMs());
    await baseline.drop();
    console.log(
      `run ${run + 1}: ingest ${Math.round(ingestMs.at(-1) ?? 0)} ms, COPY of ${baseline.rows} rows ${Math.round(copyMs.at(-1) ?? 0)} ms, ${findings} findings`,
    );
    await removeProject(projectUuid);
  }
  const ratios = ingestMs.map((ms, run) => ms / (copyMs[run] ?? Number.NaN));
  const peakMib = Math.round(memoryOf(cluster.first.pid).peakMib);
  const figures = {
    ingestMs: ingestMs.map(Math.round),
    copyMs: copyMs.map(Math.round),
    ratioMedian: Number(median(ratios).toFixed(2)),
    peakMib,
    findings,
  };
  keepResult("ingest-one", figures);
  console.log(
    `upload to findings, median: ${Math.round(median(ingestMs))} ms; COPY ${Math.round(median(copyMs))} ms; ratio ${figures.ratioMedian} (bar 8); peak ${peakMib} MiB (bar 512)`,
  );
} finally {
  await database.end();
  await cluster.close();
}

async function countFindings(projectUuid: string): Promise<number> {
  const answer = await cluster.admin.request("GET", `/api/v1/finding/project/${projectUuid}?pageNumber=1&pageSize=1`);
  return Number(answer.headers.get("x-total-count"));
}

/** So that the next run writes every row again. */
async function removeProject(projectUuid: string): Promise<void> {
  await cluster.admin.expect("DELETE", `/api/v1/project/${projectUuid}`);
  await database.query(
    "delete from component_identity i where not exists (select 1 from component c where c.identity_id = i.id)",
  );
}
