import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";

/** Components that are named for one project; further ones only make it longer. */
const COMPONENTS_NAMED_MAX = 1_000;

/** A project that has findings of a vulnerability which are not suppressed. */
export interface AffectedProjectRow {
  uuid: string;
  name: string;
  version: string | null;
  active: boolean;
  hasGraph: boolean;
  componentUuids: string[];
}

/** Which of them, in which order. */
export interface AffectedProjectsPage {
  withInactive: boolean;
  /** Contained in the name, in any case. */
  searchText: string | undefined;
  sort: "name" | "version";
  descending: boolean;
  offset: number;
  limit: number;
}

/** One page of the projects in the scope that a vulnerability affects, and how many there are. Led by its matches. */
export async function affectedProjects(
  db: Db,
  scope: PortfolioScope,
  vulnerabilityId: number,
  page: AffectedProjectsPage,
): Promise<{ rows: AffectedProjectRow[]; total: number }> {
  const direction = page.descending ? sql`desc` : sql`asc`;
  const by = { name: sql`p.name`, version: sql`coalesce(p.version, '')` }[page.sort];
  const { rows } = await sql<AffectedProjectRow & { total: number }>`/* findings.affectedProjects */
    with affected as (
      select distinct c.project_id from vulnerability_match m join component c on c.identity_id = m.identity_id
      where m.vulnerability_id = ${vulnerabilityId} and ${isNotSuppressed}
    ), page as (
      select p.id, p.uuid, p.name, p.version, p.inactive_since is null as active, count(*) over () as total, ${by} as k
      from affected join project p on p.id = affected.project_id
      where ${visibleProject(scope, sql.ref("p.id"))} and ${page.withInactive ? sql`true` : sql`p.inactive_since is null`}
        and ${nameContains(page.searchText)}
      order by k ${direction}, p.name, p.id offset ${page.offset} limit ${page.limit}
    )
    select page.uuid, page.name, page.version, page.active, page.total,
      exists (select 1 from project_graph g where g.project_id = page.id and cardinality(g.direct) > 0) as "hasGraph",
      array(select c.uuid from component c join vulnerability_match m on m.identity_id = c.identity_id
        where c.project_id = page.id and m.vulnerability_id = ${vulnerabilityId} and ${isNotSuppressed}
        order by c.identity_id limit ${COMPONENTS_NAMED_MAX}) as "componentUuids"
    from page order by page.k ${direction}, page.name, page.id`.execute(db);
  if (rows.length > 0 || page.offset === 0) return { rows, total: rows[0]?.total ?? 0 };
  // Beyond the last page there is no row that could carry the total.
  return { rows, total: (await affectedProjects(db, scope, vulnerabilityId, { ...page, offset: 0, limit: 1 })).total };
}

const isNotSuppressed = sql`(select a.suppressed from finding_analysis a where a.project_id = c.project_id
  and a.identity_id = m.identity_id and a.vulnerability_id = m.vulnerability_id) is not true`;

function nameContains(text: string | undefined): RawBuilder<boolean> {
  if (text === undefined) return sql<boolean>`true`;
  return sql<boolean>`lower(p.name) like ${`%${text.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`}`;
}

/** Of a project, or of one component of it. */
export type Affected = { projectId: number; identityId?: number };

/** Vulnerabilities with findings there and the components that have them, worst first; `limit` is of vulnerabilities. */
export async function vulnerabilitiesOf(
  db: Db,
  affected: Affected,
  page: { withSuppressed: boolean; offset: number; limit: number },
): Promise<{ rows: { vulnerabilityId: number; components: AffectedComponentRow[] }[]; total: number }> {
  const { projectId, identityId } = affected;
  const { withSuppressed, offset, limit } = page;
  const { rows } = await sql<{ vulnerabilityId: number; components: AffectedComponentRow[]; total: number }>`
    /* findings.vulnerabilitiesOf */
    with c as materialized (select project_id, identity_id, uuid from component where project_id = ${projectId}
        and ${identityId === undefined ? sql`true` : sql`identity_id = ${identityId}`})
    select m.vulnerability_id as "vulnerabilityId", count(*) over () as total,
      jsonb_agg(jsonb_build_object('uuid', c.uuid, 'name', i.name, 'group', i.group_name, 'version', i.version, 'purl', i.purl)
        order by i.name, c.identity_id) as components
    from c join vulnerability_match m on m.identity_id = c.identity_id
      join component_identity i on i.id = c.identity_id
    where ${withSuppressed ? sql`true` : isNotSuppressed}
    group by m.vulnerability_id
    order by max(m.severity) desc, m.vulnerability_id offset ${offset} limit ${limit}`.execute(db);
  if (rows.length > 0 || offset === 0) return { rows, total: rows[0]?.total ?? 0 };
  return { rows, total: (await vulnerabilitiesOf(db, affected, { ...page, offset: 0, limit: 1 })).total };
}

/** A component as lists of vulnerabilities name it. */
export interface AffectedComponentRow {
  uuid: string;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
}
