import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import type { ComponentDetail } from "../rules/inventory.ts";

/** A component with everything its JSON shows. */
export interface ComponentRow {
  uuid: string;
  group_name: string | null;
  name: string;
  version: string | null;
  purl: string | null;
  purl_coordinates: string | null;
  cpe: string | null;
  swid_tag_id: string | null;
  scope: string | null;
  classifier: string;
  is_internal: boolean;
  license: string | null;
  license_expression: string | null;
  license_url: string | null;
  detail: ComponentDetail | null;
  project: { uuid: string; name: string; version: string | null };
}

/** Columns a list can be ordered by, as clients name them. */
export const COMPONENT_SORT_COLUMNS = {
  name: "i.name",
  group: "i.group_name",
  version: "i.version",
  purl: "i.purl",
  classifier: "c.classifier",
  license: "c.license",
  isInternal: "c.is_internal",
  scope: "i.scope",
} as const;

/** One page: which rows, in which order. */
export interface ComponentPage {
  column: (typeof COMPONENT_SORT_COLUMNS)[keyof typeof COMPONENT_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
  searchText: string | undefined;
}

/** One page of a project's components; details are fetched for the rows of the page only. */
export async function listComponents(db: Db, projectId: number, page: ComponentPage): Promise<ComponentRow[]> {
  const { rows } = await sql<ComponentRow>`/* components.list */
    with page as materialized (
      select c.project_id, c.identity_id from component c join component_identity i on i.id = c.identity_id
      where c.project_id = ${projectId} and ${matching(page.searchText)}
      ${orderOf(page)} limit ${page.limit} offset ${page.offset})
    ${presented} from page
      join component c on c.project_id = page.project_id and c.identity_id = page.identity_id
      join component_identity i on i.id = c.identity_id join project p on p.id = c.project_id
    ${orderOf(page)}`.execute(db);
  return rows;
}

/** How many components of a project the same search finds. */
export async function countComponents(db: Db, projectId: number, searchText: string | undefined): Promise<number> {
  const identities =
    searchText === undefined
      ? sql``
      : sql`join component_identity i on i.id = c.identity_id and ${matching(searchText)}`;
  const { rows } = await sql<{ total: number }>`/* components.count */
    select count(*)::int as total from component c ${identities} where c.project_id = ${projectId}`.execute(db);
  return rows[0]?.total ?? 0;
}

/** One component by UUID, and whether the scope sees its project. */
export async function readComponent(
  db: Db,
  scope: PortfolioScope,
  uuid: string,
): Promise<(ComponentRow & { visible: boolean }) | undefined> {
  const { rows } = await sql<ComponentRow & { visible: boolean }>`/* components.read */
    ${presented}, ${visibleProject(scope, sql.ref("c.project_id"))} as visible
    from component c join component_identity i on i.id = c.identity_id join project p on p.id = c.project_id
    where c.uuid = ${uuid}`.execute(db);
  return rows[0];
}

const presented: RawBuilder<unknown> = sql`select c.uuid, i.group_name, i.name, i.version, i.purl, i.purl_coordinates,
  i.cpe, i.swid_tag_id, i.scope, c.classifier, c.is_internal, c.license, c.license_expression, c.license_url, c.detail,
  jsonb_build_object('uuid', p.uuid, 'name', p.name, 'version', p.version) as project`;

function matching(searchText: string | undefined): RawBuilder<unknown> {
  if (searchText === undefined) return sql`true`;
  const pattern = `%${searchText.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const folded = sql`lower(${pattern} collate "C")`;
  return sql`(lower(i.name) like ${folded} or lower(i.group_name) like ${folded} or lower(i.purl) like ${folded})`;
}

function orderOf({ column, descending }: ComponentPage): RawBuilder<unknown> {
  const direction = descending ? sql`desc nulls last` : sql`asc nulls last`;
  return sql`order by ${sql.ref(column)} ${direction}, i.name, i.version, i.id`;
}
