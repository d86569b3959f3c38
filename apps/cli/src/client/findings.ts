import { countSeverities, SEVERITIES, type Severity, type SeverityCounts, severityOf } from "../output/severity.ts";
import { type Finding, findingAnswer, metricsAnswer } from "./answers.ts";
import { type Api, ApiError, callJson } from "./http.ts";
import { listAll } from "./pages.ts";

/** All findings of a project that are not suppressed, worst first, then by component and id. */
export async function listFindings(api: Api, projectUuid: string): Promise<Finding[]> {
  const findings = await listAll(api, `/api/v1/finding/project/${projectUuid}`, findingAnswer);
  return findings
    .filter((finding) => finding.analysis?.isSuppressed !== true)
    .sort(
      (a, b) => rank(a) - rank(b) || compareText(componentName(a), componentName(b)) || compareText(idOf(a), idOf(b)),
    );
}

/** Severity of a finding. */
export function findingSeverity(finding: Finding): Severity {
  return severityOf(finding.vulnerability.severity);
}

/** `group/name`, or just the name. */
export function componentName(finding: Finding): string {
  const { group, name } = finding.component;
  return group === undefined || group === "" ? name : `${group}/${name}`;
}

/**
 * Findings per severity for a gate. A key that may upload but not read findings (team Automation) still sees the
 * project's metrics, so those are used then. Undefined if neither may be read.
 */
export async function countFindings(api: Api, projectUuid: string): Promise<SeverityCounts | undefined> {
  try {
    return countSeverities((await listFindings(api, projectUuid)).map(findingSeverity));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
  }
  try {
    const path = `/api/v1/metrics/project/${projectUuid}/current`;
    const metrics = await callJson(api, { method: "GET", path }, metricsAnswer);
    const { critical, high, medium, low, unassigned } = metrics;
    return { CRITICAL: critical, HIGH: high, MEDIUM: medium, LOW: low, INFO: 0, UNASSIGNED: unassigned };
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

function rank(finding: Finding): number {
  return SEVERITIES.indexOf(findingSeverity(finding));
}

function idOf(finding: Finding): string {
  return finding.vulnerability.vulnId;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
