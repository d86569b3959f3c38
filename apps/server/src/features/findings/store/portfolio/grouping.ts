import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { type Bounds, type MatchKey, type PortfolioFilter, type VulnerabilityFilter, withMatches } from "./filter.ts";
import { matchesOfFew, READING_LIMITS } from "./reading-limits.ts";
import { findingsOfProjects, hiddenFindings, shownComponents } from "./shapes.ts";
import { isOneOf, isVisible, type VisibleProjects } from "./visible-projects.ts";

/** Keys of vulnerabilities alone. */
type VulnerabilityKey = Exclude<MatchKey, "componentName" | "componentGroup" | "componentVersion">;

/** What vulnerabilities are sorted by. */
export type GroupOrder = VulnerabilityKey | "projects";

/** What findings are narrowed by before they are grouped; suppressed ones do not count. */
export type GroupFilter = VulnerabilityFilter;

/** Which vulnerabilities, and in which order. */
export interface GroupPage {
  order: GroupOrder;
  descending: boolean;
  offset: number;
  limit: number;
  /** Numbers of affected projects. */
  projects: Bounds<number>;
  /** Where counting may end. */
  countMax?: number | undefined;
}

/** A vulnerability and how many visible projects have a finding of it. */
export interface VulnerabilityGroup {
  vulnerabilityId: number;
  projects: number;
  /** Who reports it, of one of its matches. */
  analyzers: string[];
}

/** Of every vulnerability: how many findings of it are shown, and between which bounds its projects are. */
interface Bounded {
  vulnerabilityId: number;
  /** Projects are no more than findings, and no fewer than components of the most used identity, less what is hidden. */
  atMost: number;
  atLeast: number;
  analyzers: string[];
}

/** One page of the vulnerabilities that visible projects have findings of, and how many there are; no more are counted than may be. */
export async function listGroups(
  db: Db,
  narrowed: GroupFilter,
  projects: VisibleProjects,
  page: GroupPage,
  limits: Pick<typeof READING_LIMITS, "fewComponents"> = READING_LIMITS,
): Promise<{ groups: VulnerabilityGroup[]; total: number }> {
  const filter: PortfolioFilter = { ...narrowed, attributedOn: {}, withSuppressed: false };
  const only = matchesOfFew(projects, limits);
  const count = counter(db, filter, projects, only);
  const first = only === undefined ? await firstGroups(db, filter, projects, page) : undefined;
  if (first !== undefined) return { groups: await counted(first, page, count), total: first.length };
  const all = await boundGroups(db, filter, projects, { ...page, only });
  const kept = await within(all, page.projects, count);
  const ordered = page.order === "projects" ? await firstByCount(kept, page, count) : kept;
  return { groups: await counted(ordered, page, count), total: kept.length };
}

async function counted(
  ordered: readonly Bounded[],
  { offset, limit }: GroupPage,
  count: Count,
): Promise<VulnerabilityGroup[]> {
  const shown = ordered.slice(offset, offset + limit);
  const counts = await count(shown);
  return shown.map(({ vulnerabilityId, analyzers }) => ({
    vulnerabilityId,
    projects: counts.get(vulnerabilityId) ?? 0,
    analyzers,
  }));
}

/** The first groups, and one more than are counted; undefined where the number of projects says which those are. */
async function firstGroups(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, offset, limit, countMax, projects: bounds }: GroupPage,
): Promise<Bounded[] | undefined> {
  const isCounted = bounds.from !== undefined || bounds.to !== undefined;
  if (countMax === undefined || order === "projects" || isCounted) return undefined;
  const { rows } = await sql<Pick<Bounded, "vulnerabilityId" | "analyzers">>`/* findings.firstGroups */
    ${withMatches(filter, { key: order })}
    select g.vulnerability_id as "vulnerabilityId", g.analyzers
    from (select m.vulnerability_id, min(m.k) as k, min(m.analyzers) as analyzers,
        array_agg(m.identity_id) as identities, array_agg(m.hit) as hits
      from m group by m.vulnerability_id order by k ${descending ? sql`desc` : sql`asc`}, m.vulnerability_id offset 0) g
    where exists (select 1 from unnest(g.identities, g.hits) as u(identity_id, hit)
      cross join lateral (select g.vulnerability_id, u.identity_id, u.hit) m cross join ${shownComponents(filter, projects)})
    limit ${Math.max(offset + limit, countMax + 1)}`.execute(db);
  return rows.map((row) => ({ ...row, atLeast: 1, atMost: Infinity }));
}

/** In the order of the page; those without a shown finding are left out. */
async function boundGroups(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { order, descending, only }: GroupPage & { only: RawBuilder<unknown> | undefined },
): Promise<Bounded[]> {
  const key = order === "projects" ? undefined : order;
  const { rows } = await sql<Bounded>`/* findings.boundGroups */
    ${withMatches(filter, { key, only })}, used as (${componentsOfIdentities(projects, only !== undefined)}), hidden as (
      select a.vulnerability_id, count(*) as n ${hiddenFindings(filter, projects)} group by a.vulnerability_id
    ), grouped as (
      select m.vulnerability_id, min(m.k) as k, min(m.analyzers) as analyzers, sum(case when m.hit then used.n else used.named end) as findings,
        max(case when m.hit then used.n else used.named end) as most
      from m join used on used.identity_id = m.identity_id group by m.vulnerability_id
    )
    select g.vulnerability_id as "vulnerabilityId", (g.findings - coalesce(h.n, 0))::int as "atMost",
      greatest(g.most - coalesce(h.n, 0), 1)::int as "atLeast", g.analyzers
    from grouped g left join hidden h on h.vulnerability_id = g.vulnerability_id
    where g.findings > coalesce(h.n, 0)
    order by g.k ${descending ? sql`desc` : sql`asc`}, g.vulnerability_id`.execute(db);
  return rows;
}

/** How many components matched identities have in visible projects, and how many of those in projects where the text was found. */
function componentsOfIdentities(projects: VisibleProjects, areFew: boolean): RawBuilder<unknown> {
  const isNamed = projects.named === undefined ? sql`true` : isOneOf(projects.named, sql.ref("c.project_id"));
  const counts = sql`count(*) as n, count(*) filter (where ${isNamed}) as named`;
  return areFew
    ? sql`select c.identity_id, ${counts} from component c where c.project_id = any(${projects.ids}::int[]) group by c.identity_id`
    : sql`select w.identity_id, c.n, c.named from (select distinct identity_id from m) w cross join lateral (
        select ${counts} from component c
        where c.identity_id = w.identity_id and ${isVisible(projects, sql.ref("c.project_id"))}) c`;
}

type Count = (groups: readonly Bounded[]) => Promise<ReadonlyMap<number, number>>;

/** Counts the projects of vulnerabilities, each once. */
function counter(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  ofFew: RawBuilder<unknown> | undefined,
): Count {
  const known = new Map<number, number>();
  const source =
    ofFew === undefined
      ? sql`from m cross join ${shownComponents(filter, projects)}`
      : findingsOfProjects(filter, projects);
  return async (groups) => {
    for (const { vulnerabilityId, atMost, atLeast } of groups)
      if (atMost === atLeast) known.set(vulnerabilityId, atMost);
    const unknown = groups.map(({ vulnerabilityId }) => vulnerabilityId).filter((id) => !known.has(id));
    if (unknown.length === 0) return known;
    const only = sql`m.vulnerability_id = any(${unknown}::int[]) and ${ofFew ?? sql`true`}`;
    const { rows } = await sql<Pick<VulnerabilityGroup, "vulnerabilityId" | "projects">>`/* findings.countGroups */
      ${withMatches(filter, { only })}
      select m.vulnerability_id as "vulnerabilityId", count(distinct c.project_id)::int as projects
      ${source} group by m.vulnerability_id`.execute(db);
    for (const { vulnerabilityId, projects: counted } of rows) known.set(vulnerabilityId, counted);
    return known;
  };
}

/** Groups whose number of projects is within the bounds; counted are only those of which that is not clear. */
async function within(
  all: readonly Bounded[],
  { from = 0, to = Infinity }: Bounds<number>,
  count: Count,
): Promise<Bounded[]> {
  const isClear = ({ atLeast, atMost }: Bounded) => (atLeast >= from && atMost <= to) || atMost < from || atLeast > to;
  const counts = await count(all.filter((group) => !isClear(group)));
  return all.filter((group) => {
    if (isClear(group)) return group.atLeast >= from && group.atMost <= to;
    const counted = counts.get(group.vulnerabilityId) ?? 0;
    return counted >= from && counted <= to;
  });
}

/** Counted together; the page is rarely larger. */
const COUNTED_AT_ONCE = 200;

/**
 * As many groups as the page needs, by their number of projects: counted in the order of what they have at most (at least), until none of the
 * others can come before the last one that is needed.
 */
async function firstByCount(
  kept: readonly Bounded[],
  { descending, offset, limit }: GroupPage,
  count: Count,
): Promise<Bounded[]> {
  const bound = ({ atMost, atLeast }: Bounded) => (descending ? -atMost : atLeast);
  const waiting = kept.toSorted((a, b) => bound(a) - bound(b) || a.vulnerabilityId - b.vulnerabilityId);
  const needed = Math.min(offset + limit, waiting.length);
  let counted: { group: Bounded; rank: number }[] = [];
  for (let taken = 0; taken < waiting.length; ) {
    const next = waiting.slice(taken, taken + Math.max(COUNTED_AT_ONCE, needed - taken));
    const counts = await count(next);
    const rank = ({ vulnerabilityId }: Bounded) => (counts.get(vulnerabilityId) ?? 0) * (descending ? -1 : 1);
    counted = [...counted, ...next.map((group) => ({ group, rank: rank(group) }))].sort(
      (a, b) => a.rank - b.rank || a.group.vulnerabilityId - b.group.vulnerabilityId,
    );
    taken += next.length;
    const [last, following] = [counted[needed - 1], waiting[taken]];
    if (last !== undefined && (following === undefined || last.rank < bound(following))) break;
  }
  return counted.map(({ group }) => group);
}
