import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
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
import { isVisible, type VisibleProjects } from "./visible-projects.ts";

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
interface Walk extends PortfolioPage {
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

/**
 * The first findings of a large portfolio in the order of their matches, without counting; undefined where there is a better way than walking
 * to them.
 */
export async function firstFindingRefs(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, limit }: Pick<PortfolioPage, "order" | "descending" | "limit">,
  { fewComponents } = READING_LIMITS,
): Promise<FindingRef[] | undefined> {
  if (projects.components <= fewComponents || showsDecidedOnly(filter)) return undefined;
  const direction = descending ? sql`desc` : sql`asc`;
  const walk = { order, descending, offset: 0, limit, total: limit, direction, ties: sql`asc`, isReversed: false };
  if (order !== "attributedOn" && order !== "projectName") return walkMatches(db, filter, projects, { ...walk, order });
  // Of few findings in many projects none might be met for long.
  if (isNarrowed(filter)) return undefined;
  return order === "projectName"
    ? walkProjects(db, filter, projects, walk)
    : walkAttributed(db, filter, projects, walk);
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
  if (walk.order === "projectName") return walkProjects(db, filter, projects, walk);
  if (walk.order === "attributedOn") return walkAttributed(db, filter, projects, walk);
  return walkMatches(db, filter, projects, { ...walk, order: walk.order });
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

const GROWTH = 8;
/** GROWTH to this power is more than there are matches. */
const ROUNDS_MAX = 9;

/**
 * A finding is attributed when the younger of its match and its component came. The youngest (or oldest) finding of each match is known without
 * looking at pairs; whatever precedes the best match that was left out is certain. Where decisions hide too much of what is certain, more
 * matches are taken.
 */
async function walkAttributed(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { descending, direction, ties, isReversed, offset, limit }: Walk,
): Promise<FindingRef[]> {
  const { to } = filter.attributedOn;
  const visible = isVisible(projects, sql.ref("c.project_id"));
  const inTime = to === undefined ? sql`true` : sql`c.first_seen <= ${to}`;
  const precedes = (a: RawBuilder<unknown>, b: RawBuilder<unknown>, isDescending: boolean) =>
    isDescending ? sql`${a} > ${b}` : sql`${a} < ${b}`;
  let rows: FindingRef[] = [];
  let taken = offset + limit;
  for (let round = 0; round < ROUNDS_MAX; round++, taken *= GROWTH) {
    ({ rows } = await sql<FindingRef>`/* findings.walkAttributed */
      ${withMatches(filter)}, best as materialized (
        select m.*, greatest(b.at, m.first_seen) as bound, row_number() over
          (order by greatest(b.at, m.first_seen) ${direction}, m.vulnerability_id ${ties}, m.identity_id ${ties}) as place
        from m join (
          select w.identity_id, b.at from (select distinct identity_id from m) w cross join lateral (
            select ${descending ? sql`max(c.first_seen)` : sql`min(c.first_seen)`} as at from component c
            where c.identity_id = w.identity_id and ${visible} and ${inTime}) b
          where b.at is not null) b on b.identity_id = m.identity_id
        order by place limit ${taken + 1}
      )
      select ${refs} from (select * from best where place <= ${taken} offset 0) m
        cross join ${shownComponents(filter, projects)}
        left join best edge on edge.place = ${taken + 1}
      where edge.place is null or ${precedes(attributedOn, sql`edge.bound`, descending)} or (${attributedOn} = edge.bound
        and ${precedes(sql`(m.vulnerability_id, m.identity_id)`, sql`(edge.vulnerability_id, edge.identity_id)`, isReversed)})
      order by ${attributedOn} ${direction}, m.vulnerability_id ${ties}, m.identity_id ${ties}, c.project_id ${ties}
      offset ${offset} limit ${limit}`.execute(db));
    if (rows.length === limit) break;
  }
  return rows;
}
