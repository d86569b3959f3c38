import { type RawBuilder, sql } from "kysely";
import { hidingDecision, type PortfolioFilter, pairConditions } from "./filter.ts";
import { isVisible, type VisibleProjects } from "./visible-projects.ts";

/** Everything but decisions, for a match `m` and a component `c`. */
function pairs(filter: PortfolioFilter, projects: VisibleProjects): RawBuilder<unknown> {
  return sql.join([sql`true`, ...pairConditions(filter, projects)], sql` and `);
}

/** `from` and `where` over findings that were decided about and may be shown: `a`, `m` and `c`. */
export function decidedFindings(
  filter: PortfolioFilter,
  projects: VisibleProjects,
  readsComponents = false,
): RawBuilder<unknown> {
  const hiding = hidingDecision(filter);
  return sql`${decisions(filter, projects, readsComponents)} ${hiding === undefined ? sql`` : sql`and not ${hiding}`}`;
}

/** `from` and `where` over findings that would be shown but for what was decided about them: `a`, `m` and `c`. */
export function hiddenFindings(filter: PortfolioFilter, projects: VisibleProjects): RawBuilder<unknown> {
  return sql`${decisions(filter, projects, false)} and ${hidingDecision(filter) ?? sql`false`}`;
}

/** There is no decision without its component, which is therefore looked up only where its age matters. */
function decisions(filter: PortfolioFilter, projects: VisibleProjects, readsComponents: boolean): RawBuilder<unknown> {
  const { from, to } = filter.attributedOn;
  const components =
    readsComponents || from !== undefined || to !== undefined
      ? sql`join component c on c.project_id = a.project_id and c.identity_id = a.identity_id`
      : sql`cross join lateral (select a.project_id, a.identity_id) c`;
  return sql`from finding_analysis a
      join m on m.vulnerability_id = a.vulnerability_id and m.identity_id = a.identity_id ${components}
    where ${isVisible(projects, sql.ref("a.project_id"))} and ${pairs(filter, projects)}`;
}

/** `from` and `where` over all findings of a few projects, `c` leading: their components are read, then what matches them. */
export function findingsOfProjects(filter: PortfolioFilter, projects: VisibleProjects): RawBuilder<unknown> {
  return sql`from (select project_id, identity_id, first_seen from component
        where project_id = any(${projects.ids}::int[]) offset 0) c
      join m on m.identity_id = c.identity_id
    where ${pairs(filter, projects)} and ${notHidden(filter)}`;
}

/** Components of the match `m` that are shown with it, as `c`: to be joined laterally, so matches keep their order. */
export function shownComponents(
  filter: PortfolioFilter,
  projects: VisibleProjects,
  only: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> {
  return sql`lateral (select c.project_id, c.identity_id, c.first_seen from component c
    where c.identity_id = m.identity_id and ${isVisible(projects, sql.ref("c.project_id"))}
      and ${pairs(filter, projects)} and ${notHidden(filter)} ${only} offset 0) c`;
}

/** One probe by key for each finding; an `exists` would be turned into a table of all decisions. */
export function notHidden(filter: PortfolioFilter): RawBuilder<boolean> {
  const hiding = hidingDecision(filter);
  if (hiding === undefined) return sql<boolean>`true`;
  return sql<boolean>`((select ${hiding} from finding_analysis a where a.project_id = c.project_id
    and a.identity_id = m.identity_id and a.vulnerability_id = m.vulnerability_id) is not true)`;
}
