import type { FindingResponse } from "@evertrack/contract/v1/finding";
import type { Page, Principal } from "../../../platform/http/index.ts";
import { sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import type { PortfolioFilter } from "../store/portfolio/filter.ts";
import { readFindings } from "../store/portfolio/reading.ts";
import { visibleProjects } from "../store/portfolio/visible-projects.ts";
import { findPage, type PageOrder, type Total } from "./find-page.ts";
import { findingJson, withVulnerabilities } from "./list-findings.ts";

const SORT_FIELDS: Readonly<Record<string, PageOrder>> = {
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
  "component.name": "componentName",
  "component.group": "componentGroup",
  "component.version": "componentVersion",
  "component.projectName": "projectName",
  "analysis.state": "state",
  "analysis.isSuppressed": "suppressed",
  "attribution.analyzerIdentity": "analyzer",
  "attribution.attributedOn": "attributedOn",
};

/** A list of findings across projects. */
export interface PortfolioRequest {
  page: Page;
  withInactive: boolean;
  filter: PortfolioFilter;
  /** Where counting may end. */
  countMax?: number | undefined;
}

/** Findings of all projects the caller may see, worst first unless told otherwise, and how many there are. */
export async function listPortfolioFindings(
  deps: LookupDeps,
  principal: Principal,
  { page, withInactive, filter, countMax }: PortfolioRequest,
): Promise<{ findings: FindingResponse[] } & Total> {
  const { db } = deps.database;
  const order = sortColumn(page, SORT_FIELDS, "severity");
  const scope = await portfolioScopeOf(deps.settings, principal);
  const projects = await visibleProjects(db, scope, { withInactive, text: filter.text });
  const wanted = { ...page, order, descending: isDescending(page), countMax };
  const { refs, ...total } = await findPage(db, filter, projects, wanted);
  const rows = new Map(
    (await readFindings(db, refs)).map((row) => [`${row.componentUuid} ${row.vulnerabilityId}`, row]),
  );
  const findings = (await withVulnerabilities(db, [...rows.values()])).flatMap(([row, vulnerability]) => {
    const found = rows.get(`${row.componentUuid} ${row.vulnerabilityId}`);
    if (found === undefined) return [];
    const project = { uuid: found.projectUuid, name: found.projectName, version: found.projectVersion };
    return [findingJson(project, row, vulnerability)];
  });
  return { findings, ...total };
}

/** Worst first where nothing is said; rank 0 is the worst, so ascending rank is descending severity. */
export function isDescending({ sortName, descending }: Page): boolean {
  if (!sortName) return true;
  return sortName === "vulnerability.severityRank" ? !descending : descending;
}
