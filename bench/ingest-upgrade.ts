/**
 * What an upgrade costs an import: one BOM of 20,000 components, upload until its findings are visible, with the release before on its
 * own schema, and with either release while both shapes are kept, and with the new one after it was finalized. All run side by side
 * and take turns, so that what else the machine does falls on all alike. Bar: each at most 1.15 times the release before.
 *
 *   npm run bench -- ingest-upgrade [--rounds 5] [--sbom FILE] [--osv DIR]
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { type ApiClient, administratorOf } from "../e2e/harness/api-client.ts";
import type { Build } from "../e2e/harness/derived-build.ts";
import { mirrorOsv } from "../e2e/harness/osv-mirror.ts";
import { ServerProcess } from "../e2e/harness/server-process.ts";
import { sharedDirectory } from "../e2e/harness/shared-data.ts";
import { until } from "../e2e/harness/until.ts";
import { releasePair } from "../e2e/upgrade/plans/release-pair.ts";
import { keepResult, median } from "./measuring/result.ts";

const BAR = 1.15;
const IMPORT_MAX_MS = 300_000;
const FINALIZE_MAX_MS = 120_000;
const UPGRADE = "/api/v2/internal/upgrade";
const PROJECT = { name: "ingest-upgrade", version: "1" };

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    sbom: { type: "string", default: join(sharedDirectory, "data/sboms/huge/merged-20000.cdx.json.gz") },
    osv: { type: "string", default: join(sharedDirectory, "data/osv") },
  },
});
const bytes = readFileSync(resolve(values.sbom));
const bom = values.sbom.endsWith(".gz") ? gunzipSync(bytes) : bytes;

/** An instance on a database of its own, and how long its imports took. */
interface Lane {
  readonly server: ServerProcess;
  readonly admin: ApiClient;
  readonly database: pg.Client;
  readonly ms: number[];
}

const directory = await mkdtemp(join(tmpdir(), "evertrack-ingest-upgrade-"));
const releases = await releasePair();
const template = await testDatabase();
const copies: string[] = [];
const lanes: Record<string, Lane> = {};
try {
  const admin = await prepareTemplate();
  await addLane("before", await copyOf("before"), releases.old, admin);
  const beside = await copyOf("beside");
  await (await serve(beside, releases.new)).stop();
  await addLane("old beside new", beside, releases.old, admin);
  await addLane("new, both shapes", await copyOf("expanded"), releases.new, admin);
  const finalized = await addLane("new, finalized", await copyOf("finalized"), releases.new, admin);
  await finalize(finalized.admin);
  await takeTurns();
  report();
} finally {
  for (const { database, server } of Object.values(lanes)) {
    await database.end();
    await server.stop();
  }
  for (const url of copies) await onTemplateServer(`drop database "${nameOf(url)}" with (force)`);
  await template.drop();
  await rm(directory, { recursive: true, force: true });
}

/** A database of the old release with advisories, to be copied. */
async function prepareTemplate(): Promise<ApiClient> {
  const server = await serve(template.url, releases.old);
  const admin = await administratorOf(server.url);
  await mirrorOsv(admin, resolve(values.osv));
  await server.stop();
  return admin;
}

function serve(databaseUrl: string, build: Build): Promise<ServerProcess> {
  const environment = {
    DT_VULN_DATA_SOURCE_FILE_ROOTS: resolve(values.osv),
    DT_TASK_SCHEDULER_ENABLED: "false",
  };
  return ServerProcess.start({ databaseUrl, dataDirectory: directory, environment, build });
}

async function copyOf(suffix: string): Promise<string> {
  const url = new URL(template.url);
  url.pathname = `${url.pathname}_${suffix}`;
  await onTemplateServer(`create database "${nameOf(url.href)}" template "${nameOf(template.url)}"`);
  copies.push(url.href);
  return url.href;
}

async function addLane(name: string, databaseUrl: string, build: Build, admin: ApiClient): Promise<Lane> {
  const server = await serve(databaseUrl, build);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const lane = { server, admin: admin.at(server.url), database, ms: [] };
  lanes[name] = lane;
  return lane;
}

async function finalize(admin: ApiClient): Promise<void> {
  await admin.expect("POST", `${UPGRADE}/finalize`);
  await until("the upgrade is finalized", FINALIZE_MAX_MS, async () => {
    const { state } = await admin.expect<{ state: string }>("GET", UPGRADE);
    return state === "NONE" ? true : undefined;
  });
}

/** One round more than is counted: in the first everything is new to the instance. Rounds begin with another lane each. */
async function takeTurns(): Promise<void> {
  const names = Object.keys(lanes);
  for (let round = 0; round <= Number(values.rounds); round++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] ?? "";
      const lane = lanes[name];
      if (lane === undefined) continue;
      const ms = await importOnce(lane);
      if (round > 0) lane.ms.push(ms);
      console.log(`round ${round}, ${name}: ${Math.round(ms)} ms`);
    }
}

async function importOnce({ admin, database }: Lane): Promise<number> {
  const before = performance.now();
  const { token, projectUuid } = await admin.upload(bom, PROJECT);
  await admin.processed(token, IMPORT_MAX_MS);
  await admin.expect("GET", `/api/v1/finding/project/${projectUuid}?pageNumber=1&pageSize=1`);
  const ms = performance.now() - before;
  await admin.expect("DELETE", `/api/v1/project/${projectUuid}`);
  await database.query(
    "delete from component_identity i where not exists (select 1 from component c where c.identity_id = i.id)",
  );
  await database.query("vacuum analyze component, component_identity");
  return ms;
}

function report(): void {
  const base = lanes.before?.ms ?? [];
  const figures = Object.entries(lanes).map(([name, { ms }]) => {
    const ratios = ms.map((one, round) => one / (base[round] ?? Number.NaN));
    return { name, ms: ms.map(Math.round), ratioMedian: Number(median(ratios).toFixed(2)) };
  });
  keepResult("ingest-upgrade", { from: releases.old.version, to: releases.new.version, lanes: figures });
  for (const { name, ms, ratioMedian } of figures)
    console.log(`${name}: median ${Math.round(median(ms))} ms, ratio ${ratioMedian} (bar ${BAR})`);
}

async function onTemplateServer(statement: string): Promise<void> {
  const url = new URL(template.url);
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(statement);
  await client.end();
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
