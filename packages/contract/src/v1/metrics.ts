import { z } from "zod";

const count = z.number().int();

/** Counts of a component at one time; the policy counts by kind follow the same pattern. */
export const dependencyMetricsResponse = z
  .object({
    vulnerabilities: count,
    critical: count,
    high: count,
    medium: count,
    low: count,
    unassigned: count,
    kev: count,
    suppressed: count,
    findingsTotal: count,
    findingsAudited: count,
    findingsUnaudited: count,
    inheritedRiskScore: z.number(),
    /** Epoch milliseconds. */
    firstOccurrence: z.number(),
    lastOccurrence: z.number(),
  })
  .catchall(z.number());

/** See dependencyMetricsResponse. */
export type DependencyMetricsResponse = z.output<typeof dependencyMetricsResponse>;

/** Counts of a project at one time. */
export const projectMetricsResponse = dependencyMetricsResponse.extend({
  components: count,
  vulnerableComponents: count,
});

/** See projectMetricsResponse. */
export type ProjectMetricsResponse = z.output<typeof projectMetricsResponse>;

/** Sums over the projects the caller sees, on one day. */
export const portfolioMetricsResponse = projectMetricsResponse.extend({
  projects: count,
  vulnerableProjects: count,
});

/** See portfolioMetricsResponse. */
export type PortfolioMetricsResponse = z.output<typeof portfolioMetricsResponse>;

/** Vulnerabilities that became known in a month; month 0 = only the year is known. */
export interface VulnerabilityMetricsResponse {
  year: number;
  month: number;
  count: number;
  /** Epoch milliseconds. */
  measuredAt: number;
}
