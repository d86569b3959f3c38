import type { FindingResponse } from "@evertrack/contract/v1/finding";
import { SEVERITY_RANK, weaknessOf } from "@evertrack/matching";
import type { Db } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { type Page, sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import {
  aliasesJson,
  referencesText,
  severityName,
  type VulnerabilityDetails,
  vulnerabilityDetails,
} from "../../vulnerabilities/index.ts";
import { type FindingFilter, type FindingOrder, type FindingRow, listProjectFindings } from "../store/listing.ts";
import { referenceUrls } from "../store/reports.ts";

const SORT_FIELDS: Readonly<Record<string, FindingOrder>> = {
  "vulnerability.severity": "severity",
  "vulnerability.severityRank": "severity",
  "vulnerability.vulnId": "vulnId",
  "vulnerability.title": "title",
  "vulnerability.published": "published",
  "vulnerability.cvssV3BaseScore": "cvss",
  "vulnerability.epssScore": "epss",
  "component.name": "componentName",
  "component.group": "componentGroup",
  "component.version": "componentVersion",
  "attribution.attributedOn": "attributedOn",
};

interface ListRequest {
  projectUuid: string;
  page: Page;
  filter: Omit<FindingFilter, "searchText">;
}

/** Findings of a project the caller may see, worst first unless told otherwise. */
export async function listFindings(
  deps: LookupDeps,
  principal: Principal,
  request: ListRequest,
): Promise<{ findings: FindingResponse[]; total: number }> {
  const { db } = deps.database;
  const project = await requireProject(deps, principal, request.projectUuid);
  const order = sortColumn(request.page, SORT_FIELDS, "severity");
  /** Rank 0 is the worst, so ascending rank is descending severity. */
  const ranked = request.page.sortName === "vulnerability.severityRank";
  // Clients send the parameter empty, too.
  const byDefault = !request.page.sortName;
  const descending = byDefault || (ranked ? !request.page.descending : request.page.descending);
  const { rows, total } = await listProjectFindings(db, {
    ...request.page,
    projectId: project.id,
    order,
    descending,
    ...request.filter,
  });
  const findings = (await withVulnerabilities(db, rows)).map(([row, vulnerability]) =>
    findingJson(project, row, vulnerability),
  );
  return { findings, total };
}

/** A finding, and where the external analyzer it is attributed to tells of it. */
interface AttributedRow extends FindingRow {
  referenceUrl?: string | undefined;
}

/** Findings with what is known of their vulnerabilities. */
export async function withVulnerabilities(
  db: Db,
  rows: readonly FindingRow[],
): Promise<[AttributedRow, VulnerabilityDetails][]> {
  const ids = new Set(rows.map(({ vulnerabilityId }) => vulnerabilityId));
  const byId = new Map((await vulnerabilityDetails(db, [...ids])).map((details) => [details.id, details]));
  const reported = rows.filter(({ analyzers: [first] }) => first !== undefined && first !== "internal");
  const urls = await referenceUrls(db, reported);
  return rows.flatMap((row): [AttributedRow, VulnerabilityDetails][] => {
    const vulnerability = byId.get(row.vulnerabilityId);
    const referenceUrl = urls.get(`${row.identityId} ${row.vulnerabilityId} ${row.analyzers[0]}`);
    return vulnerability === undefined ? [] : [[{ ...row, referenceUrl }, vulnerability]];
  });
}

/** A finding as v1 shows it. */
export function findingJson(
  project: { uuid: string; name: string; version: string | null },
  row: AttributedRow,
  vulnerability: VulnerabilityDetails,
): FindingResponse {
  return {
    component: {
      uuid: row.componentUuid,
      name: row.name,
      group: row.group ?? undefined,
      version: row.version ?? undefined,
      purl: row.purl ?? undefined,
      cpe: row.cpe ?? undefined,
      scope: row.scope ?? undefined,
      project: project.uuid,
      projectName: project.name,
      projectVersion: project.version ?? undefined,
      hasOccurrences: false,
    },
    vulnerability: presentVulnerability(vulnerability),
    analysis: { state: row.state ?? "NOT_SET", isSuppressed: row.suppressed },
    attribution: {
      analyzerIdentity: analyzerIdentity(row.analyzers),
      attributedOn: row.attributedOn.getTime(),
      referenceUrl: row.referenceUrl,
    },
    matrix: `${project.uuid}:${row.componentUuid}:${vulnerability.uuid}`,
  };
}

/** The first analyzer that reports it, by the name this API has for it: INTERNAL_ANALYZER, OSSINDEX_ANALYZER. */
export function analyzerIdentity([first = "internal"]: readonly string[]): string {
  return `${first.replaceAll("-", "").toUpperCase()}_ANALYZER`;
}

/** The vulnerability of a finding as v1 shows it. */
export function presentVulnerability(vulnerability: VulnerabilityDetails): FindingResponse["vulnerability"] {
  const severity = severityName(vulnerability.severity);
  return {
    uuid: vulnerability.uuid,
    source: vulnerability.source,
    vulnId: vulnerability.vulnId,
    title: vulnerability.title ?? undefined,
    subtitle: vulnerability.subTitle ?? undefined,
    description: vulnerability.description ?? undefined,
    recommendation: vulnerability.recommendation ?? undefined,
    severity,
    severityRank: SEVERITY_RANK[severity],
    cvssV2BaseScore: vulnerability.cvssV2Score ?? undefined,
    cvssV2Vector: vulnerability.cvssV2Vector ?? undefined,
    cvssV3BaseScore: vulnerability.cvssV3Score ?? undefined,
    cvssV3Vector: vulnerability.cvssV3Vector ?? undefined,
    cvssV4Score: vulnerability.cvssV4Score ?? undefined,
    cvssV4Vector: vulnerability.cvssV4Vector ?? undefined,
    owaspRRVector: vulnerability.owaspVector ?? undefined,
    owaspLikelihoodScore: vulnerability.owaspLikelihood ?? undefined,
    owaspTechnicalImpactScore: vulnerability.owaspTechnicalImpact ?? undefined,
    owaspBusinessImpactScore: vulnerability.owaspBusinessImpact ?? undefined,
    epssScore: vulnerability.epssScore ?? undefined,
    epssPercentile: vulnerability.epssPercentile ?? undefined,
    cwes: vulnerability.cwes.map(weaknessOf),
    aliases: aliasesJson(vulnerability.aliases),
    published: vulnerability.published?.getTime(),
    references: vulnerability.referencesText ?? referencesText(vulnerability.references),
    isKev: vulnerability.isKev,
  };
}
