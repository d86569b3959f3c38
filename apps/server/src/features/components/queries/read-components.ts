import type { ComponentResponse } from "@evertrack/contract/v1/portfolio";
import { PlainError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied, requireProject } from "../../projects/index.ts";
import { componentJson } from "../rules/component-json.ts";
import { type ComponentPage, countComponents, listComponents, readComponent } from "../store/listing.ts";

/** What lists of components can be sorted by, for routes. */
export { COMPONENT_SORT_COLUMNS as COMPONENT_SORT_NAMES } from "../store/listing.ts";

/** One page of a project's components, and how many there are. */
export async function readComponentPage(
  deps: LookupDeps,
  principal: Principal,
  projectUuid: string,
  page: ComponentPage,
): Promise<{ items: ComponentResponse[]; total: number }> {
  const project = await requireProject(deps, principal, projectUuid);
  const { db } = deps.database;
  const [rows, total] = await Promise.all([
    listComponents(db, project.id, page),
    countComponents(db, project.id, page.searchText),
  ]);
  return { items: rows.map((row) => componentJson(row, { single: false })), total };
}

/** One component; 404 when there is none, 403 when its project may not be seen. */
export async function readOneComponent(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
): Promise<ComponentResponse> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const row = await readComponent(deps.database.db, scope, uuid);
  if (row === undefined) throw new PlainError(404, "The component could not be found.");
  if (!row.visible) throw projectAccessDenied();
  return componentJson(row, { single: true });
}
