import type { GroupedFindingResponse } from "@evertrack/contract/v1/finding";
import type { Page, Principal } from "../../../platform/http/index.ts";
import { sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import { vulnerabilityDetails } from "../../vulnerabilities/index.ts";
import type { Bounds } from "../store/portfolio/filter.ts";
import { type GroupFilter, type GroupOrder, listGroups } from "../store/portfolio/grouping.ts";
import { visibleProjects } from "../store/portfolio/visible-projects.ts";
import { bounded, type Total } from "./find-page.ts";
import { analyzerIdentity, presentVulnerability } from "./list-findings.ts";
import { isDescending } from "./list-portfolio-findings.ts";

const SORT_FIELDS: Readonly<Record<string, GroupOrder>> = {
  "vulnerability.severity": "severity",
  "vulnerability.severityRank": "severity",
  "vulnerability.vulnId": "vulnId",
  "vulnerability.source": "source",
  "vulnerability.title": "title",
  "vulnerability.published": "published",
  "vulnerability.cvssV2BaseScore": "cvssV2",
  "vulnerability.cvssV3BaseScore": "cvssV3",
  "vulnerability.cvssV4Score": "cvssV4",
  "vulnerability.epssScore": "epss",
  "vulnerability.epssPercentile": "epssPercentile",
  "vulnerability.isKev": "isKev",
  "vulnerability.affectedProjectCount": "projects",
  "attribution.analyzerIdentity": "analyzer",
};

/** A list of vulnerabilities that projects have findings of. */
export interface GroupedRequest {
  page: Page;
  withInactive: boolean;
  filter: GroupFilter;
  /** Numbers of affected projects. */
  occurrences: Bounds<number>;
  /** Where counting may end. */
  countMax?: number | undefined;
}

/** Vulnerabilities that projects the caller may see have findings of, worst first unless told otherwise, and how many there are. */
export async function listGroupedFindings(
  deps: LookupDeps,
  principal: Principal,
  { page, withInactive, filter, occurrences, countMax }: GroupedRequest,
): Promise<{ findings: GroupedFindingResponse[] } & Total> {
  const { db } = deps.database;
  const order = sortColumn(page, SORT_FIELDS, "severity");
  const scope = await portfolioScopeOf(deps.settings, principal);
  const visible = await visibleProjects(db, scope, { withInactive, text: filter.text });
  const wanted = { ...page, order, descending: isDescending(page), projects: occurrences, countMax };
  const { groups, total } = await listGroups(db, filter, visible, wanted);
  const ids = groups.map(({ vulnerabilityId }) => vulnerabilityId);
  const details = new Map((await vulnerabilityDetails(db, ids)).map((one) => [one.id, one]));
  const findings = groups.flatMap(({ vulnerabilityId, projects, analyzers }) => {
    const vulnerability = details.get(vulnerabilityId);
    if (vulnerability === undefined) return [];
    return [
      {
        vulnerability: { ...presentVulnerability(vulnerability), affectedProjectCount: projects },
        attribution: { analyzerIdentity: analyzerIdentity(analyzers) },
      },
    ];
  });
  return { findings, ...bounded({ total }, countMax) };
}
