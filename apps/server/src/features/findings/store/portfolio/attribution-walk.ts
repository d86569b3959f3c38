import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { type PortfolioFilter, pairConditions, withMatches } from "./filter.ts";
import type { FindingRef, Walk } from "./listing.ts";
import type { READING_LIMITS } from "./reading-limits.ts";
import { notHidden, shownComponents } from "./shapes.ts";
import { isVisible, type VisibleProjects } from "./visible-projects.ts";

const GROWTH = 8;
/** GROWTH to this power is more than there are components. */
const ROUNDS_MAX = 10;

/**
 * Findings by when they were attributed: when the younger of their match and their component came. The components that came last (or first) are
 * read with what matches them, and the matches that came as late are walked; no other finding can be as late. Where that is not enough, more
 * components are taken.
 */
export async function walkAttributed(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  walk: Walk,
  { youngestComponents, oldestComponents }: Pick<typeof READING_LIMITS, "youngestComponents" | "oldestComponents">,
): Promise<FindingRef[]> {
  let rows: FindingRef[] = [];
  let taken = walk.descending ? youngestComponents : oldestComponents;
  for (let round = 0; round < ROUNDS_MAX; round++, taken *= GROWTH) {
    const edge = await edgeOf(db, walk, taken);
    rows = await readUntil(db, filter, projects, walk, edge);
    if (edge === undefined || rows.length === walk.limit) break;
  }
  return rows;
}

/** When the component came that so many others precede; components no match is older than do not count. Undefined where there are fewer. */
async function edgeOf(db: Db, { direction }: Walk, taken: number): Promise<string | undefined> {
  const { rows } = await sql<{ at: string }>`/* findings.attributionEdge */
    select c.first_seen::text as at from component c
    where c.first_seen > (select min(first_seen) from vulnerability_match)
    order by c.first_seen ${direction} offset ${taken} limit 1`.execute(db);
  return rows[0]?.at;
}

/** The page, certain as far as the edge goes. */
async function readUntil(
  db: Db,
  filter: PortfolioFilter,
  projects: VisibleProjects,
  { descending, direction, ties, offset, limit }: Walk,
  edge: string | undefined,
): Promise<FindingRef[]> {
  const isReached = (at: RawBuilder<unknown>) =>
    edge === undefined ? sql`true` : sql`${at} ${descending ? sql`>=` : sql`<=`} ${edge}::timestamptz`;
  const isShown = sql.join(
    [isVisible(projects, sql.ref("c.project_id")), ...pairConditions(filter, projects), notHidden(filter)],
    sql` and `,
  );
  const keys = sql`c.project_id as "projectId", m.identity_id as "identityId", m.vulnerability_id as "vulnerabilityId"`;
  const sorted = sql`order by at ${direction}, "vulnerabilityId" ${ties}, "identityId" ${ties}, "projectId" ${ties}`;
  const { rows } = await sql<FindingRef>`/* findings.walkAttributed */
    ${withMatches(filter)} select "projectId", "identityId", "vulnerabilityId" from (
      (select ${keys}, c.first_seen as at
        from (select c.project_id, c.identity_id, c.first_seen from component c where ${isReached(sql`c.first_seen`)} offset 0) c
          join m on m.identity_id = c.identity_id and m.first_seen < c.first_seen
        where ${isShown} ${sorted} limit ${offset + limit})
      union all
      (select ${keys}, m.first_seen as at
        from (select * from m where ${isReached(sql`m.first_seen`)}
            order by first_seen ${direction}, vulnerability_id ${ties}, identity_id ${ties} offset 0) m
          cross join ${shownComponents(filter, projects, sql`and c.first_seen <= m.first_seen`)}
        order by m.first_seen ${direction}, m.vulnerability_id ${ties}, m.identity_id ${ties}, c.project_id ${ties}
        limit ${offset + limit})) f
    ${sorted} offset ${offset} limit ${limit}`.execute(db);
  return rows;
}
