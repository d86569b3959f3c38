import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import { anyContains, directOnly } from "./conditions.ts";
import type { InventoryOrder } from "./orders.ts";
import { type ComponentRow, license, presented, shownWith } from "./presented.ts";

export type { ComponentRow } from "./presented.ts";

/** Columns a list can be ordered by, as clients name them. */
export const COMPONENT_SORT_COLUMNS = {
  name: "i.name",
  group: "i.group_name",
  version: "i.version",
  purl: "i.purl",
  classifier: "c.classifier",
  license: "license",
  isInternal: "c.is_internal",
  scope: "i.scope",
} as const;

/** Which components of a project. */
export interface ComponentFilter {
  searchText?: string | undefined;
  /** Only what the project itself depends on. */
  onlyDirect?: boolean | undefined;
}

/** One page: which rows, in which order. */
export interface ComponentPage extends ComponentFilter {
  column: (typeof COMPONENT_SORT_COLUMNS)[keyof typeof COMPONENT_SORT_COLUMNS];
  descending: boolean;
  offset: number;
  limit: number;
}

/** The order of a project's components a page is taken from. */
export function listOrder(projectId: number, page: ComponentPage): InventoryOrder {
  const { column, descending, searchText, onlyDirect } = page;
  return {
    name: JSON.stringify(["list", column, descending, searchText, onlyDirect === true]),
    conditions: matching(projectId, page),
    orderBy: orderOf(page),
  };
}

/** One component by UUID, and whether the scope sees its project. */
export async function readComponent(
  db: Db,
  scope: PortfolioScope,
  uuid: string,
): Promise<(ComponentRow & { visible: boolean }) | undefined> {
  const { rows } = await sql<ComponentRow & { visible: boolean }>`/* components.read */
    ${presented}, ${visibleProject(scope, sql.ref("c.project_id"))} as visible
    from component c ${shownWith}
    where c.uuid = ${uuid}`.execute(db);
  return rows[0];
}

function matching(projectId: number, { searchText, onlyDirect }: ComponentFilter): RawBuilder<unknown> {
  const all: RawBuilder<unknown>[] = [];
  if (searchText !== undefined) {
    all.push(anyContains(["i.name", "i.group_name", "i.purl"], searchText));
  }
  if (onlyDirect) all.push(directOnly(projectId));
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}

function orderOf({ column, descending }: ComponentPage): RawBuilder<unknown> {
  const direction = descending ? sql`desc nulls last` : sql`asc nulls last`;
  const sortedBy = column === "license" ? license : sql.ref(column);
  return sql`${sortedBy} ${direction}, i.name, i.version, i.id`;
}
