import { ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import type { FindingResponse } from "@evertrack/contract/v1/finding";
import type { Db } from "../../../platform/db/index.ts";
import type { Page, Principal } from "../../../platform/http/index.ts";
import { sortColumn } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf } from "../../projects/index.ts";
import { countFindings } from "../store/portfolio/counting.ts";
import type { PortfolioFilter } from "../store/portfolio/filter.ts";
import { type FindingRef, firstFindingRefs, listFindingRefs, type PortfolioOrder } from "../store/portfolio/listing.ts";
import { readFindings } from "../store/portfolio/reading.ts";
import { type VisibleProjects, visibleProjects } from "../store/portfolio/visible-projects.ts";
import { findingJson, withVulnerabilities } from "./list-findings.ts";

/** Orders that are made of parts, one after the other, each sorted by severity. */
type PartedOrder = "state" | "suppressed";

const SORT_FIELDS: Readonly<Record<string, PortfolioOrder | PartedOrder>> = {
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

/** How many there are, or that there are at least so many. */
export interface Total {
  total: number;
  isAtLeast: boolean;
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
  const namePattern = filter.text?.fields.has("PROJECT_NAME") ? filter.text.pattern : undefined;
  const projects = await visibleProjects(db, scope, { withInactive, namePattern });
  const wanted = { ...page, order, descending: isDescending(page), countMax };
  const { refs, ...total } = await listBounded(db, filter, projects, wanted);
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

interface PartedPage {
  order: PortfolioOrder | PartedOrder;
  descending: boolean;
  offset: number;
  limit: number;
}

/** Where nobody needs to know how many there are, the page and what is counted come from one walk. */
async function listBounded(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { countMax, ...page }: PartedPage & { countMax: number | undefined },
): Promise<{ refs: FindingRef[] } & Total> {
  const { order, descending, offset, limit } = page;
  // Nothing that is shown is suppressed: there is one part only.
  if (order === "suppressed" && !filter.withSuppressed)
    return listBounded(db, filter, projects, { ...page, countMax, order: "severity", descending: true });
  if (countMax === undefined || order === "state" || order === "suppressed")
    return bounded(await listParts(db, filter, projects, page, countMax), countMax);
  const first =
    order === "attributedOn"
      ? undefined
      : await firstFindingRefs(db, filter, projects, {
          order,
          descending,
          limit: Math.max(offset + limit, countMax + 1),
        });
  if (first !== undefined) return bounded({ refs: first.slice(offset, offset + limit), total: first.length }, countMax);
  return listCounted(db, filter, projects, { order, descending, offset, limit, countMax });
}

/** Where it is dear to walk far in the wanted order, another one tells whether there are few. */
async function listCounted(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { countMax, order, ...page }: PartedPage & { countMax: number; order: PortfolioOrder },
): Promise<{ refs: FindingRef[] } & Total> {
  const { descending, offset, limit } = page;
  const counting = { order: "severity", descending: true, limit: countMax + 1 } as const;
  const counted = (await firstFindingRefs(db, filter, projects, counting))?.length;
  if (counted !== undefined && counted <= countMax)
    return bounded(
      { refs: await listFindingRefs(db, filter, projects, { ...page, order, total: counted }), total: counted },
      countMax,
    );
  const walked =
    counted === undefined
      ? undefined
      : await firstFindingRefs(db, filter, projects, { order, descending, limit: offset + limit });
  if (walked !== undefined) return bounded({ refs: walked.slice(offset), total: counted ?? 0 }, countMax);
  return bounded(await listParts(db, filter, projects, { ...page, order }), countMax);
}

function bounded<T extends { total: number }>(counted: T, countMax = Infinity): T & Total {
  return { ...counted, total: Math.min(counted.total, countMax), isAtLeast: counted.total > countMax };
}

async function listParts(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, offset, limit }: PartedPage,
  countMax = Infinity,
): Promise<{ refs: FindingRef[]; total: number }> {
  if (order !== "state" && order !== "suppressed") {
    const total = await countFindings(db, filter, projects);
    return { refs: await listFindingRefs(db, filter, projects, { order, descending, offset, limit, total }), total };
  }
  const parts = partsOf(filter, order);
  const refs: FindingRef[] = [];
  let total = 0;
  for (const part of descending ? parts.toReversed() : parts) {
    if (refs.length === limit && total > countMax) break;
    const size = await countFindings(db, part, projects);
    const page = { offset: Math.max(offset - total, 0), limit: limit - refs.length, total: size };
    if (page.limit > 0)
      refs.push(...(await listFindingRefs(db, part, projects, { ...page, order: "severity", descending: true })));
    total += size;
  }
  return { refs, total };
}

/** The same filter for one state after the other, by name; or for what is not suppressed and what is. */
function partsOf(filter: PortfolioFilter, order: PartedOrder): PortfolioFilter[] {
  if (order === "suppressed")
    return [false, true]
      .filter((suppressed) => filter.withSuppressed || !suppressed)
      .map((suppressed) => ({ ...filter, suppressed }));
  return [...ANALYSIS_STATES]
    .sort()
    .filter((state) => filter.states === undefined || filter.states.includes(state))
    .map((state) => ({ ...filter, states: [state] }));
}
