import { ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import type { Db } from "../../../platform/db/index.ts";
import { countFindings } from "../store/portfolio/counting.ts";
import type { PortfolioFilter } from "../store/portfolio/filter.ts";
import { type FindingRef, firstFindingRefs, listFindingRefs, type PortfolioOrder } from "../store/portfolio/listing.ts";
import { READING_LIMITS } from "../store/portfolio/reading-limits.ts";
import type { VisibleProjects } from "../store/portfolio/visible-projects.ts";

/** Orders that are made of parts, one after the other, each sorted by severity. */
type PartedOrder = "state" | "suppressed";

/** What findings of the portfolio are sorted by. */
export type PageOrder = PortfolioOrder | PartedOrder;

/** How many there are, or that there are at least so many. */
export interface Total {
  total: number;
  isAtLeast: boolean;
}

/** Which page of which list. */
interface PartedPage {
  order: PageOrder;
  descending: boolean;
  offset: number;
  limit: number;
}

/**
 * A page of findings, and how many there are; where counting may end at `countMax`, the page and what is counted come from one walk if that can
 * be.
 */
export async function findPage(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { countMax, ...page }: PartedPage & { countMax?: number | undefined },
  limits = READING_LIMITS,
): Promise<{ refs: FindingRef[] } & Total> {
  const { order, descending, offset, limit } = page;
  // Nothing that is shown is suppressed: there is one part only.
  if (order === "suppressed" && !filter.withSuppressed)
    return findPage(db, filter, projects, { ...page, countMax, order: "severity", descending: true }, limits);
  if (countMax === undefined || order === "state" || order === "suppressed")
    return bounded(await listParts(db, filter, projects, page, { countMax, limits }), countMax);
  // Both a match and its component are old of few findings: many of those are dear to find.
  const isDear = order === "attributedOn" && !descending;
  const first = isDear
    ? undefined
    : await firstFindingRefs(
        db,
        filter,
        projects,
        { order, descending, limit: Math.max(offset + limit, countMax + 1) },
        limits,
      );
  if (first !== undefined) return bounded({ refs: first.slice(offset, offset + limit), total: first.length }, countMax);
  return listCounted(db, filter, projects, { order, descending, offset, limit, countMax }, limits);
}

/** Where it is dear to walk far in the wanted order, another one tells whether there are few. */
async function listCounted(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { countMax, order, ...page }: PartedPage & { countMax: number; order: PortfolioOrder },
  limits: typeof READING_LIMITS,
): Promise<{ refs: FindingRef[] } & Total> {
  const { descending, offset, limit } = page;
  const counting = { order: "severity", descending: true, limit: countMax + 1 } as const;
  const counted = (await firstFindingRefs(db, filter, projects, counting, limits))?.length;
  if (counted !== undefined && counted <= countMax)
    return bounded(
      { refs: await listFindingRefs(db, filter, projects, { ...page, order, total: counted }, limits), total: counted },
      countMax,
    );
  const walked =
    counted === undefined
      ? undefined
      : await firstFindingRefs(
          db,
          filter,
          projects,
          { order, descending, limit: offset + limit, areMany: true },
          limits,
        );
  if (walked !== undefined) return bounded({ refs: walked.slice(offset), total: counted ?? 0 }, countMax);
  return bounded(await listParts(db, filter, projects, { ...page, order }, { countMax, limits }), countMax);
}

/** What was counted, no further than counting may go. */
export function bounded<T extends { total: number }>(counted: T, countMax = Infinity): T & Total {
  return { ...counted, total: Math.min(counted.total, countMax), isAtLeast: counted.total > countMax };
}

async function listParts(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, offset, limit }: PartedPage,
  { countMax = Infinity, limits }: { countMax?: number | undefined; limits: typeof READING_LIMITS },
): Promise<{ refs: FindingRef[]; total: number }> {
  if (order !== "state" && order !== "suppressed") {
    const total = await countFindings(db, filter, projects, limits);
    return {
      refs: await listFindingRefs(db, filter, projects, { order, descending, offset, limit, total }, limits),
      total,
    };
  }
  const parts = partsOf(filter, order);
  const refs: FindingRef[] = [];
  let total = 0;
  for (const part of descending ? parts.toReversed() : parts) {
    if (refs.length === limit && total > countMax) break;
    const size = await countFindings(db, part, projects, limits);
    const page = { offset: Math.max(offset - total, 0), limit: limit - refs.length, total: size };
    if (page.limit > 0)
      refs.push(
        ...(await listFindingRefs(db, part, projects, { ...page, order: "severity", descending: true }, limits)),
      );
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
