/**
 * Mirrors GitHub's advisories, from the GraphQL API or from a file. Protocol for the API:
 *
 *   1. ask for everything that changed since an hour before the last change that was taken, oldest change first, page by page.
 *      The hour is for changes that become visible late; times in the future count as now;
 *   2. store what differs record by record, a page at a time, each with its records, its event, the progress and the time up to
 *      which changes were taken, in one transaction. So after a crash, a limit or a failure the next attempt, or the next run,
 *      asks from there on, and what was stored is not stored again, because the records say so;
 *   3. note that everything was read.
 *
 * Another address, or another way of reading, begins without a time. An advisory that cannot be read is named, counted and left
 * out; its stored state stays. GitHub withdraws advisories and removes none.
 */
import { type GithubMirrorInput, githubMirrorInput } from "@evertrack/contract/v2/vuln-data-sources";
import { type Activity, type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { vulnerabilityProperties } from "../config.ts";
import type { GithubConfig } from "../github-extension.ts";
import { GITHUB, readFileTag, readPosition, writePosition, writeRead } from "../github-state.ts";
import { readGithubConfig } from "../queries/github-config.ts";
import { AdvisoriesFile } from "./github/advisories-file.ts";
import { AdvisoryWriter, type RawAdvisory } from "./github/advisory-writer.ts";
import { type GithubAccess, GithubApi } from "./github/api.ts";
import { openBucket } from "./osv/bucket.ts";

const FILE_NAME = "advisories.jsonl.gz";
const FILE_SIZE_MAX_BYTES = 1024 ** 3;
const ADVISORIES_PER_TRANSACTION = 100;
/** How much later a change may become visible than its time says. */
const LATE_MS = 3_600_000;

export interface MirrorGithubDeps extends GithubAccess {
  database: Database;
  fileRoots: readonly string[];
}

/** What became of the advisories that were looked at; each counts once. */
export interface GithubReport {
  /** Of a file: it had not changed since it was read. */
  outcome: "unchanged" | "read";
  new: number;
  updated: number;
  unchanged: number;
  withdrawn: number;
  unreadable: number;
  /** The first of those that were left out, and why. */
  leftOut: string[];
}

export function mirrorGithubAdvisories(deps: MirrorGithubDeps): Activity<GithubMirrorInput, GithubReport, Tx> {
  return defineActivity({
    name: "mirror-github-advisories",
    input: (raw) => githubMirrorInput.parse(raw),
    async execute(ctx) {
      const { db } = deps.database;
      const config = await readGithubConfig(db);
      if (!config.enabled) throw new Terminal(`the vulnerability data source "${GITHUB}" is not enabled`);
      const writer = await AdvisoryWriter.open(ctx, db, config);
      const isFile = new URL(config.apiUrl).protocol === "file:";
      const outcome = isFile ? await readFile(ctx, deps, config, writer) : await askApi(ctx, deps, config, writer);
      const report = { ...writer.report, outcome };
      ctx.log.info({ source: GITHUB, ...report }, "mirrored advisories");
      return report;
    },
  });
}

async function askApi(
  ctx: ActivityContext<Tx>,
  deps: MirrorGithubDeps,
  config: GithubConfig,
  writer: AdvisoryWriter,
): Promise<"read"> {
  const taken = await readPosition(deps.database.db, config);
  const since = taken && new Date(Date.parse(taken) - LATE_MS).toISOString();
  let until = taken;
  let isFirst = true;
  for await (const { nodes, total } of new GithubApi(config.apiUrl, deps, ctx.signal).pages(since)) {
    ctx.signal.throwIfAborted();
    if (isFirst) writer.expect(total);
    isFirst = false;
    until = latest([until, ...nodes.map(changeOf)], deps.clock.now().getTime());
    await writer.store(
      nodes.map((node) => ({ node })),
      until,
    );
  }
  await ctx.tx(`read:${until ?? "nothing"}`, async (tx) => {
    if (until !== undefined) await writePosition(tx, config, until);
    await writeRead(tx, config);
  });
  return "read";
}

async function readFile(
  ctx: ActivityContext<Tx>,
  deps: MirrorGithubDeps,
  config: GithubConfig,
  writer: AdvisoryWriter,
): Promise<"unchanged" | "read"> {
  const allowLocalProperty = vulnerabilityProperties.githubAllowLocal.name;
  const directory = await openBucket(config.apiUrl, { ...deps, allowLocalProperty, signal: ctx.signal });
  const last = await readFileTag(deps.database.db, config);
  const found = await directory.fetchChanged([FILE_NAME], FILE_SIZE_MAX_BYTES, last);
  if (found === undefined) throw new Terminal(`the data source has no ${FILE_NAME}`);
  if (found === "unchanged") {
    await ctx.tx("unchanged", (tx) => writeRead(tx, config, last));
    return "unchanged";
  }
  try {
    const file = new AdvisoriesFile(found.path);
    await storeLines(ctx, file, writer);
    if (file.fault !== undefined)
      throw new Terminal(`${FILE_NAME} ${file.fault}; ${writer.done} advisories before that were taken`);
    await ctx.tx(`read:${found.etag}`, (tx) => writeRead(tx, config, found.etag));
    return "read";
  } finally {
    await found.release();
  }
}

async function storeLines(ctx: ActivityContext<Tx>, file: AdvisoriesFile, writer: AdvisoryWriter): Promise<void> {
  let batch: RawAdvisory[] = [];
  for await (const line of file.lines()) {
    batch.push(parseLine(line));
    if (batch.length < ADVISORIES_PER_TRANSACTION) continue;
    ctx.signal.throwIfAborted();
    await writer.store(batch);
    batch = [];
  }
  await writer.store(batch);
}

function parseLine(line: Buffer): RawAdvisory {
  try {
    return { node: JSON.parse(line.toString("utf8")) };
  } catch (error) {
    return { fault: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function changeOf(node: unknown): string | undefined {
  const changed = typeof node === "object" && node !== null && "updatedAt" in node ? node.updatedAt : undefined;
  return typeof changed === "string" ? changed : undefined;
}

/** The latest of the times, in UTC; now, where that is in the future. Undefined without any. */
function latest(times: readonly (string | undefined)[], nowMs: number): string | undefined {
  const known = times.map((time) => Date.parse(time ?? "")).filter((time) => !Number.isNaN(time));
  return known.length === 0 ? undefined : new Date(Math.min(Math.max(...known), nowMs)).toISOString();
}
