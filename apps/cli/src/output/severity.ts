/** Severities as the API names them, worst first. */
export const SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "UNASSIGNED"] as const;

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];

/** The severities a threshold option accepts, worst first. */
export const THRESHOLDS = ["critical", "high", "medium", "low"] as const;

/** One of {@link THRESHOLDS}. */
export type Threshold = (typeof THRESHOLDS)[number];

/** Number of findings per severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

/** A severity of the API; what it does not know counts as UNASSIGNED. */
export function severityOf(text: string | undefined): Severity {
  const upper = text?.toUpperCase();
  return SEVERITIES.find((severity) => severity === upper) ?? "UNASSIGNED";
}

/** True when a severity is at least as bad as the threshold. */
export function reaches(severity: Severity, threshold: Threshold): boolean {
  return SEVERITIES.indexOf(severity) <= THRESHOLDS.indexOf(threshold);
}

/** Counts per severity, every severity present. */
export function countSeverities(severities: Iterable<Severity>): SeverityCounts {
  const counts: Record<Severity, number> = { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFO: 0, UNASSIGNED: 0 };
  for (const severity of severities) counts[severity]++;
  return counts;
}

/** How many findings are at least as bad as the threshold. */
export function countReaching(counts: SeverityCounts, threshold: Threshold): number {
  return SEVERITIES.filter((severity) => reaches(severity, threshold)).reduce((sum, name) => sum + counts[name], 0);
}

/** `2 critical, 1 high`, or `no findings`. */
export function countsText(counts: SeverityCounts): string {
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity.toLowerCase()}`,
  );
  return parts.length === 0 ? "no findings" : parts.join(", ");
}
