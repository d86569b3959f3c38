import { type RawBuilder, sql } from "kysely";
import type { VisibleProjects } from "./visible-projects.ts";

/** Where one way of reading takes over from another (measured: bench/portfolio-findings.ts). */
export const READING_LIMITS = {
  /** Projects with fewer components are read whole; the larger the portfolio, the sooner matches lead to a full page. */
  fewComponents: 15_000,
  /** So many findings are sorted whole; of more a page is walked to in the order of matches or projects. */
  sortedFindingsMax: 100_000,
  /** Where text is found in the names of projects with fewer components, those are read whole beside the matches it is found in. */
  fewNamedComponents: 30_000,
  /** So many of the youngest (or oldest) components are looked at first for findings by their age; of the oldest few have findings as old. */
  youngestComponents: 20_000,
  oldestComponents: 40_000,
};

/** Condition of matches `m` of the visible projects, where those have so few components that looking them up is the quickest; else undefined. */
export function matchesOfFew(
  { components, ids }: VisibleProjects,
  { fewComponents }: Pick<typeof READING_LIMITS, "fewComponents">,
): RawBuilder<boolean> | undefined {
  if (components > fewComponents) return undefined;
  return sql<boolean>`m.identity_id in (select identity_id from component where project_id = any(${ids}::int[]))`;
}
