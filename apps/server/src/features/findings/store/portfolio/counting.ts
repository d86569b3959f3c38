import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { type PortfolioFilter, showsDecidedOnly, withMatches } from "./filter.ts";
import { matchesOfFew, READING_LIMITS } from "./reading-limits.ts";
import { decidedFindings, findingsOfProjects, hiddenFindings } from "./shapes.ts";
import { isOneOf, isVisible, type VisibleProjects } from "./visible-projects.ts";

/** How many findings of the visible projects the filter lets through, exactly. */
export async function countFindings(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  limits: Pick<typeof READING_LIMITS, "fewComponents"> = READING_LIMITS,
): Promise<number> {
  const only = matchesOfFew(projects, limits);
  if (showsDecidedOnly(filter)) return countRows(db, filter, decidedFindings(filter, projects), only);
  if (only !== undefined) return countRows(db, filter, findingsOfProjects(filter, projects), only);
  return countByIdentity(db, filter, projects);
}

/** `source` yields the findings, of the matches that `only` says. */
async function countRows(
  db: Db,
  filter: PortfolioFilter,
  source: RawBuilder<unknown>,
  only: RawBuilder<unknown> | undefined,
): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* findings.countRows */
    ${withMatches(filter, { only })} select count(*)::float8 as total ${source}`.execute(db);
  return rows[0]?.total ?? 0;
}

/**
 * No finding is looked at for it: each identity counts as often as it has matches, times its components; what decisions hide is counted from
 * the decisions and taken off.
 */
async function countByIdentity(db: Db, filter: PortfolioFilter, projects: VisibleProjects): Promise<number> {
  const { from, to } = filter.attributedOn;
  const visible = isVisible(projects, sql.ref("c.project_id"));
  const inTime = to === undefined ? sql`true` : sql`c.first_seen <= ${to}`;
  // Of pairs the younger one counts: those are too old of which both are.
  const isOld = (column: string) => (from === undefined ? sql`false` : sql`${sql.ref(column)} < ${from}`);
  const isNamed = projects.named === undefined ? sql`true` : isOneOf(projects.named, sql.ref("c.project_id"));
  const { rows } = await sql<{ total: number }>`/* findings.countPortfolio */
    ${withMatches(filter)}, w as (
      select identity_id, count(*) as n, count(*) filter (where hit) as hit,
        count(*) filter (where ${isOld("m.first_seen")}) as old,
        count(*) filter (where hit and ${isOld("m.first_seen")}) as old_hit
      from m group by identity_id
    ), shown as (
      select coalesce(sum(w.hit * c.n + (w.n - w.hit) * c.named
        - w.old_hit * c.old - (w.old - w.old_hit) * c.old_named), 0) as n
      from w cross join lateral (
        select count(*) as n, count(*) filter (where ${isNamed}) as named,
          count(*) filter (where ${isOld("c.first_seen")}) as old,
          count(*) filter (where ${isNamed} and ${isOld("c.first_seen")}) as old_named
        from component c where c.identity_id = w.identity_id and ${visible} and ${inTime}) c
    )
    select (shown.n - (select count(*) ${hiddenFindings(filter, projects)}))::float8 as total
    from shown`.execute(db);
  return rows[0]?.total ?? 0;
}
