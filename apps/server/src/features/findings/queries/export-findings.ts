import type { Readable } from "node:stream";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Principal, SnapshotStreams } from "../../../platform/http/index.ts";
import {
  type LookupDeps,
  type ProjectRef,
  type ProjectRow,
  readProject,
  requireProject,
} from "../../projects/index.ts";
import { type VulnerabilityDetails, vulnerabilityDetails } from "../../vulnerabilities/index.ts";
import { sarifEnd, sarifResult, sarifRule, sarifStart } from "../rules/sarif.ts";
import { type FindingFilter, type FindingPlace, type FindingRow, findingsAfter } from "../store/listing.ts";
import { findingJson, withVulnerabilities } from "./list-findings.ts";

const BATCH_SIZE = 500;
/** Far beyond what any project has: a walk that does not end would hold its transaction. */
const BATCHES_MAX = 100_000;
const FPF_VERSION = "1.5";

/** What exports of findings need. */
export interface FindingExportDeps extends LookupDeps {
  clock: Clock;
  settings: LookupDeps["settings"] & { get(group: string, name: string): Promise<string | null> };
  streams: SnapshotStreams;
  /** Of this build. */
  version: string;
}

/** Every finding of a project the caller may see, in the file format other tools read (FPF); suppressed ones are left out. */
export async function fpfOf(
  deps: FindingExportDeps,
  principal: Principal,
  uuid: string,
): Promise<{ project: ProjectRef; text: Readable }> {
  const project = await requireProject(deps, principal, uuid);
  const meta = {
    application: "Evertrack",
    version: deps.version,
    timestamp: deps.clock.now().toISOString(),
    baseUrl: (await deps.settings.get("general", "base.url")) ?? undefined,
  };
  return { project, text: await deps.streams.open((db) => fpfText(db, project, meta)) };
}

async function* fpfText(db: Db, project: ProjectRef, meta: object): AsyncGenerator<string> {
  const row = await readProject(db, { all: true }, project.id);
  const head = JSON.stringify({ version: FPF_VERSION, meta, project: shownProject(project, row) });
  yield `${head.slice(0, -1)},"findings":[`;
  let separator = "";
  for await (const batch of allFindings(db, project.id, EVERYTHING_BUT_SUPPRESSED)) {
    yield separator + batch.map(([finding, v]) => JSON.stringify(findingJson(project, finding, v))).join();
    separator = ",";
  }
  yield "]}";
}

function shownProject({ uuid, name, version }: ProjectRef, row: ProjectRow | undefined) {
  const text = (value: string | null | undefined) => value ?? undefined;
  return { uuid, name, version: text(version), description: text(row?.description), purl: text(row?.purl) };
}

/** Findings of a project the caller may see as SARIF 2.1.0: a result each, a rule for each vulnerability. */
export async function sarifOf(
  deps: FindingExportDeps,
  principal: Principal,
  uuid: string,
  filter: FindingFilter,
): Promise<Readable> {
  const project = await requireProject(deps, principal, uuid);
  return deps.streams.open((db) => sarifText(db, project, filter, deps.version));
}

async function* sarifText(db: Db, project: ProjectRef, filter: FindingFilter, version: string): AsyncGenerator<string> {
  yield sarifStart();
  const told = new Set<number>();
  let separator = "";
  for await (const batch of allFindings(db, project.id, filter)) {
    for (const [finding] of batch) told.add(finding.vulnerabilityId);
    yield separator + batch.map(([finding, v]) => JSON.stringify(sarifResult(project, finding, v))).join();
    separator = ",";
  }
  yield* sarifEnd(version, rulesOf(db, [...told]));
}

async function* rulesOf(db: Db, ids: readonly number[]): AsyncGenerator<string> {
  for (let start = 0; start < ids.length; start += BATCH_SIZE) {
    const details = await vulnerabilityDetails(db, ids.slice(start, start + BATCH_SIZE));
    yield (start === 0 ? "" : ",") + details.map((v) => JSON.stringify(sarifRule(v))).join();
  }
}

const EVERYTHING_BUT_SUPPRESSED: FindingFilter = {
  searchText: undefined,
  source: undefined,
  withSuppressed: false,
  hasAnalysis: undefined,
};

/** All findings of a project in batches that are never empty, each with its vulnerability. */
export async function* allFindings(
  db: Db,
  projectId: number,
  filter: FindingFilter,
): AsyncGenerator<[FindingRow, VulnerabilityDetails][]> {
  let after: FindingPlace = { identityId: 0, vulnerabilityId: 0 };
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const rows = await findingsAfter(db, { projectId, filter }, after, BATCH_SIZE);
    const last = rows.at(-1);
    if (last === undefined) return;
    const found = await withVulnerabilities(db, rows);
    if (found.length > 0) yield found;
    after = last;
  }
  throw new Error(`project ${projectId} has more findings than ${BATCHES_MAX} batches`);
}
