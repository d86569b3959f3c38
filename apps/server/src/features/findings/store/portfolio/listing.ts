import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { walkAttributed } from "./attribution-walk.ts";
import {
  isNarrowed,
  type MatchKey,
  type PortfolioFilter,
  selectMatches,
  showsDecidedOnly,
  withMatches,
} from "./filter.ts";
import { matchesOfFew, READING_LIMITS } from "./reading-limits.ts";
import { decidedFindings, findingsOfProjects, shownComponents } from "./shapes.ts";
import { isVisible, type ProjectSet, type VisibleProjects } from "./visible-projects.ts";

/** What findings of the portfolio are sorted by. */
export type PortfolioOrder = MatchKey | "attributedOn" | "projectName";

/** Which page; `total` as countFindings told it. */
export interface PortfolioPage {
  order: PortfolioOrder;
  descending: boolean;
  offset: number;
  limit: number;
  total: number;
}

/** Names one finding by row ids. */
export interface FindingRef {
  projectId: number;
  identityId: number;
  vulnerabilityId: number;
}

/** A page as it is walked to: from the end where that is nearer. */
export interface Walk extends PortfolioPage {
  /** Of the sort key. */
  direction: RawBuilder<unknown>;
  /** Of the columns that make the order total: ascending but for a walk from the end. */
  ties: RawBuilder<unknown>;
  isReversed: boolean;
}

/** One page of the findings of the visible projects. Which way it is read depends on how much there is to read. */
export async function listFindingRefs(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  page: PortfolioPage,
  limits = READING_LIMITS,
): Promise<FindingRef[]> {
  const size = Math.max(Math.min(page.limit, page.total - page.offset), 0);
  if (size === 0) return [];
  const isReversed = page.offset > page.total / 2;
  const descending = page.descending !== isReversed;
  const walk: Walk = {
    ...page,
    limit: size,
    offset: isReversed ? page.total - page.offset - size : page.offset,
    descending,
    direction: descending ? sql`desc` : sql`asc`,
    ties: isReversed ? sql`desc` : sql`asc`,
    isReversed,
  };
  const rows = await read(db, filter, projects, walk, limits);
  return isReversed ? rows.reverse() : rows;
}

/** What is asked for without knowing how much there is. */
export interface FirstFindings extends Pick<PortfolioPage, "order" | "descending" | "limit"> {
  /** Whether it is known that there are many. */
  areMany?: boolean | undefined;
}

/**
 * The first findings of a large portfolio in the order of their matches, without counting; undefined where there is a better way than walking
 * to them.
 */
export async function firstFindingRefs(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, limit, areMany }: FirstFindings,
  limits = READING_LIMITS,
): Promise<FindingRef[] | undefined> {
  if (projects.components <= limits.fewComponents || showsDecidedOnly(filter)) return undefined;
  const direction = descending ? sql`desc` : sql`asc`;
  const walk = { order, descending, offset: 0, limit, total: limit, direction, ties: sql`asc`, isReversed: false };
  // Of few findings in many projects none might be met for long.
  if ((order === "attributedOn" || order === "projectName") && isNarrowed(filter) && areMany !== true) return undefined;
  return walkTo(db, filter, projects, walk, limits);
}

function read(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  walk: Walk,
  limits: typeof READING_LIMITS,
): Promise<FindingRef[]> {
  if (showsDecidedOnly(filter))
    return sortAll(db, filter, walk, decidedFindings(filter, projects, walk.order === "attributedOn"));
  const only = matchesOfFew(projects, limits);
  if (only !== undefined) return sortAll(db, filter, walk, findingsOfProjects(filter, projects), only);
  if (walk.total <= limits.sortedFindingsMax)
    return sortAll(db, filter, walk, sql`from m cross join ${shownComponents(filter, projects)}`);
  return walkTo(db, filter, projects, walk, limits);
}

function walkTo(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  walk: Walk,
  limits: typeof READING_LIMITS,
): Promise<FindingRef[]> {
  const { order } = walk;
  if (order === "projectName") return walkProjects(db, filter, projects, walk);
  if (order === "attributedOn") return walkAttributed(db, filter, projects, walk, limits);
  const { named } = projects;
  return named !== undefined && named.components <= limits.fewNamedComponents
    ? walkNamed(db, filter, { ...projects, named }, { ...walk, order })
    : walkMatches(db, filter, projects, { ...walk, order });
}

const refs = sql`c.project_id as "projectId", m.identity_id as "identityId", m.vulnerability_id as "vulnerabilityId"`;
const attributedOn = sql`greatest(c.first_seen, m.first_seen)`;
const projectName = sql`(select p.name from project p where p.id = c.project_id)`;

/** All findings `source` yields are sorted. */
async function sortAll(
  db: Db,
  filter: PortfolioFilter,
  { order, direction, ties, offset, limit }: Walk,
  source: RawBuilder<unknown>,
  only?: RawBuilder<unknown>,
): Promise<FindingRef[]> {
  const key = order === "attributedOn" || order === "projectName" ? undefined : order;
  const project = order === "projectName" ? sql`c.project_id ${ties}, ` : sql``;
  const by = order === "attributedOn" ? attributedOn : order === "projectName" ? projectName : sql`m.k`;
  const { rows } = await sql<FindingRef>`/* findings.sortPortfolio */
    ${withMatches(filter, { key, only })} select ${refs} ${source}
    order by ${by} ${direction}, ${project} m.vulnerability_id ${ties}, m.identity_id ${ties}, c.project_id ${ties}
    offset ${offset} limit ${limit}`.execute(db);
  return rows;
}

/** Matches are sorted, and their components looked up until the page is full. */
async function walkMatches(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, direction, ties, offset, limit }: Walk & { order: MatchKey },
): Promise<FindingRef[]> {
  const { rows } = await sql<FindingRef>`/* findings.walkMatches */
    ${withMatches(filter, { key: order })} select ${refs}
    from (select * from m order by k ${direction}, vulnerability_id ${ties}, identity_id ${ties} offset 0) m
      cross join ${shownComponents(filter, projects)}
    order by m.k ${direction}, m.vulnerability_id ${ties}, m.identity_id ${ties}, c.project_id ${ties}
    offset ${offset} limit ${limit}`.execute(db);
  return rows;
}

/** As walkMatches where the text is found in them; where it is found in the names of few projects, those are read whole. */
async function walkNamed(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects & { named: ProjectSet },
  { order, direction, ties, offset, limit }: Walk & { order: MatchKey },
): Promise<FindingRef[]> {
  const sorted = sql`order by m.k ${direction}, m.vulnerability_id ${ties}, m.identity_id ${ties}, c.project_id ${ties}
    limit ${offset + limit}`;
  const { rows } = await sql<FindingRef>`/* findings.walkNamed */
    ${withMatches(filter, { key: order })} select "projectId", "identityId", "vulnerabilityId" from (
      (select ${refs}, m.k
        from (select * from m where hit order by k ${direction}, vulnerability_id ${ties}, identity_id ${ties} offset 0) m
          cross join ${shownComponents(filter, projects)} ${sorted})
      union all
      (select ${refs}, m.k ${findingsOfProjects(filter, { ...projects, ids: projects.named.ids })} and not m.hit ${sorted})) f
    order by k ${direction}, "vulnerabilityId" ${ties}, "identityId" ${ties}, "projectId" ${ties}
    offset ${offset} limit ${limit}`.execute(db);
  return rows;
}

/** Projects are read by name, and their findings looked up until the page is full. */
async function walkProjects(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { direction, ties, offset, limit }: Walk,
): Promise<FindingRef[]> {
  const { tables, select } = selectMatches(filter, { only: sql`m.identity_id = own.identity_id` });
  const { rows } = await sql<FindingRef>`/* findings.walkProjects */
    with ${tables} named as (select id, name from project where ${isVisible(projects, sql.ref("project.id"))})
    select f."projectId", f."identityId", f."vulnerabilityId"
    from named p cross join lateral (
      select own.project_id as "projectId", own.identity_id as "identityId", found."vulnerabilityId"
      from component own cross join lateral (
        select m.vulnerability_id as "vulnerabilityId" from (${select} offset 0) m
          cross join ${shownComponents(filter, projects, sql`and c.project_id = own.project_id`)}
        offset 0) found
      where own.project_id = p.id offset 0) f
    order by p.name ${direction}, f."projectId" ${ties}, f."vulnerabilityId" ${ties}, f."identityId" ${ties}
    offset ${offset} limit ${limit}`.execute(db);
  return rows;
}
