import type { ProjectMetricsResponse } from "@evertrack/contract/v1/metrics";
import type { Db } from "../../../platform/db/index.ts";
import { countProjects, newestSnapshots, type SnapshotRow, snapshotsSince } from "../store/snapshots.ts";

const SNAPSHOTS_MAX = 1_000;

/** The newest snapshot; before the first one the components as they are, with nothing found yet. */
export async function currentMetrics(db: Db, projectId: number, now: Date): Promise<ProjectMetricsResponse> {
  const [newest] = await newestSnapshots(db, [projectId]);
  if (newest !== undefined) return present(newest);
  const [counts] = await countProjects(db, [projectId]);
  return present({ ...NOTHING, components: counts?.components ?? 0, first_occurrence: now, last_occurrence: now });
}

/** The newest snapshot by project, for lists of projects; those never counted are left out. */
export async function metricsOf(db: Db, projectIds: readonly number[]): Promise<Map<number, ProjectMetricsResponse>> {
  const rows = projectIds.length === 0 ? [] : await newestSnapshots(db, projectIds);
  return new Map(rows.map((row) => [row.project_id, present(row)]));
}

/** One snapshot per day from `since` on, oldest first. */
export async function metricsSince(db: Db, projectId: number, since: Date): Promise<ProjectMetricsResponse[]> {
  return (await snapshotsSince(db, projectId, since, SNAPSHOTS_MAX)).map(present);
}

const NOTHING = {
  vulnerable_components: 0,
  vulnerabilities: 0,
  critical: 0,
  high: 0,
  medium: 0,
  low: 0,
  unassigned: 0,
  kev: 0,
  suppressed: 0,
  findings_total: 0,
  findings_audited: 0,
  findings_unaudited: 0,
  inherited_risk_score: 0,
};

/** Policies are not evaluated by this version: their counts are zero because there is nothing to count. */
export const NO_POLICY_VIOLATIONS: Readonly<Record<string, number>> = {
  policyViolationsFail: 0,
  policyViolationsWarn: 0,
  policyViolationsInfo: 0,
  ...Object.fromEntries(
    ["", "License", "Operational", "Security"].flatMap((kind) =>
      ["Total", "Audited", "Unaudited"].map((count) => [`policyViolations${kind}${count}`, 0]),
    ),
  ),
};

/** A row of counts as JSON. */
export function present(row: SnapshotRow): ProjectMetricsResponse {
  return {
    components: row.components,
    vulnerableComponents: row.vulnerable_components,
    vulnerabilities: row.vulnerabilities,
    critical: row.critical,
    high: row.high,
    medium: row.medium,
    low: row.low,
    unassigned: row.unassigned,
    kev: row.kev,
    suppressed: row.suppressed,
    findingsTotal: row.findings_total,
    findingsAudited: row.findings_audited,
    findingsUnaudited: row.findings_unaudited,
    inheritedRiskScore: row.inherited_risk_score,
    ...NO_POLICY_VIOLATIONS,
    firstOccurrence: row.first_occurrence.getTime(),
    lastOccurrence: row.last_occurrence.getTime(),
  };
}
