import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import type { ServiceDetail } from "../rules/service.ts";

/** A service with everything its JSON shows. */
export interface ServiceRow {
  project_id: number;
  key: string;
  uuid: string;
  group_name: string | null;
  name: string;
  version: string | null;
  detail: ServiceDetail | null;
  project: { uuid: string; name: string; version: string | null };
}

/** What a list can be ordered by, as clients name it. Services have no findings, so their scores are all the same. */
export const SERVICE_SORT_NAMES = {
  name: "name",
  group: "group",
  version: "version",
  authenticated: "authenticated",
  crossesTrustBoundary: "crossesTrustBoundary",
  lastInheritedRiskScore: "name",
} as const;

const sortedBy = {
  name: sql`s.name`,
  group: sql`s.group_name`,
  version: sql`s.version`,
  authenticated: sql`s.detail ->> 'authenticated'`,
  crossesTrustBoundary: sql`s.detail ->> 'crossesTrustBoundary'`,
} as const satisfies Record<string, RawBuilder<unknown>>;

/** One page: which rows, in which order. */
export interface ServicePage {
  column: keyof typeof sortedBy;
  descending: boolean;
  offset: number;
  limit: number;
  searchText: string | undefined;
}

const presented = sql`select s.project_id, s.key, s.uuid, s.group_name, s.name, s.version, s.detail,
  jsonb_build_object('uuid', p.uuid, 'name', p.name, 'version', p.version) as project`;

/** One page of a project's services. */
export async function listServicePage(db: Db, projectId: number, page: ServicePage): Promise<ServiceRow[]> {
  const direction = page.descending ? sql`desc nulls last` : sql`asc nulls last`;
  const { rows } = await sql<ServiceRow>`/* components.listServices */
    ${presented} from service s join project p on p.id = s.project_id
    where s.project_id = ${projectId} and ${matching(page.searchText)}
    order by ${sortedBy[page.column]} ${direction}, s.name, s.version, s.key
    limit ${page.limit} offset ${page.offset}`.execute(db);
  return rows;
}

/** How many services of a project the same search finds. */
export async function countServices(db: Db, projectId: number, searchText: string | undefined): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* components.countServices */
    select count(*)::int as total from service s
    where s.project_id = ${projectId} and ${matching(searchText)}`.execute(db);
  return rows[0]?.total ?? 0;
}

function matching(searchText: string | undefined): RawBuilder<unknown> {
  if (searchText === undefined) return sql`true`;
  const pattern = `%${searchText.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const folded = sql`lower(${pattern} collate "C")`;
  return sql`(lower(s.name) like ${folded} or lower(s.group_name) like ${folded})`;
}

/** One service by UUID, and whether the scope sees its project. */
export async function readService(
  db: Db,
  scope: PortfolioScope,
  uuid: string,
): Promise<(ServiceRow & { visible: boolean }) | undefined> {
  const { rows } = await sql<ServiceRow & { visible: boolean }>`/* components.readService */
    ${presented}, ${visibleProject(scope, sql.ref("s.project_id"))} as visible
    from service s join project p on p.id = s.project_id where s.uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** The next services of a project in key order, for exports; begins after `afterKey`. */
export async function servicesAfter(
  db: Db,
  projectId: number,
  afterKey: string | undefined,
  limit: number,
): Promise<ServiceRow[]> {
  const from = afterKey === undefined ? sql`true` : sql`s.key > ${afterKey}`;
  const { rows } = await sql<ServiceRow>`/* components.servicesAfter */
    ${presented} from service s join project p on p.id = s.project_id
    where s.project_id = ${projectId} and ${from} order by s.key limit ${limit}`.execute(db);
  return rows;
}
