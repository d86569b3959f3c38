import { type RawBuilder, sql } from "kysely";

/** Which projects a caller sees: all of them, or those at or below a project one of these teams has access to. */
export type PortfolioScope = { all: true } | { all: false; teamIds: readonly number[] };

/**
 * THE portfolio condition (spec/access.md §4), used in every list, count and search: true when the project with the row id
 * `projectId` is visible in this scope. `projectId` is a column reference such as `sql.ref("p.id")`.
 */
export function visibleProject(scope: PortfolioScope, projectId: RawBuilder<unknown>): RawBuilder<boolean> {
  if (scope.all) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select 1 from project_hierarchy h join project_access_team a on a.project_id = h.parent_id
    where h.child_id = ${projectId} and a.team_id = any(${[...scope.teamIds]}::int[]))`;
}
