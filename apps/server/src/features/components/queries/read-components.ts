import type { ComponentOccurrence } from "@evertrack/contract/v1/component";
import type { ComponentPropertyResponse } from "@evertrack/contract/v1/component-property";
import type { ComponentResponse } from "@evertrack/contract/v1/portfolio";
import type { Page, Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import type { ComponentsDeps } from "../deps.ts";
import { occurrenceUuid, propertyJson } from "../derived-uuids.ts";
import { complete } from "../inventory-orders.ts";
import { componentJson } from "../rules/component-json.ts";
import { type ComponentPage, listOrder } from "../store/listing.ts";
import { readInOrder } from "../store/orders.ts";
import type { ComponentRow } from "../store/presented.ts";
import { directDependenciesText } from "./dependency-graph.ts";
import { requireComponent } from "./find-component.ts";

/** What lists of components can be sorted by, for routes. */
export { COMPONENT_SORT_COLUMNS as COMPONENT_SORT_NAMES } from "../store/listing.ts";

/** A page of a project's components; nothing is known to be outdated before packages are looked up. */
interface WantedPage extends ComponentPage {
  onlyOutdated?: boolean | undefined;
}

/** One page of a project's components, and how many there are. */
export async function readComponentPage(
  deps: LookupDeps & Pick<ComponentsDeps, "orders">,
  principal: Principal,
  projectUuid: string,
  page: WantedPage,
): Promise<{ items: ComponentResponse[]; total: number }> {
  const project = await requireProject(deps, principal, projectUuid);
  if (page.onlyOutdated) return { items: [], total: 0 };
  const { db } = deps.database;
  const order = listOrder(project.id, page);
  const { rows, total } = await complete(deps.orders, project.id, async () => {
    const ids = await deps.orders.read(db, project.id, order);
    const wanted = ids.subarray(page.offset, page.offset + page.limit);
    return { wanted: wanted.length, rows: await readInOrder(db, project.id, wanted), total: ids.length };
  });
  return { items: rows.map((row) => componentJson(row)), total };
}

/** One component with its properties and what it depends on. */
export async function readOneComponent(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
): Promise<ComponentResponse> {
  const row = await requireComponent(deps, principal, uuid);
  const properties = propertiesOf(row);
  const directDependencies = await directDependenciesText(deps.database.db, row.project_id, row.identity_id);
  return componentJson(row, {
    ...(properties.length === 0 ? {} : { properties }),
    ...(directDependencies === undefined ? {} : { directDependencies }),
  });
}

/** The properties of a component. */
export async function readProperties(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
): Promise<ComponentPropertyResponse[]> {
  return propertiesOf(await requireComponent(deps, principal, uuid));
}

function propertiesOf({ uuid, detail }: ComponentRow): ComponentPropertyResponse[] {
  return (detail?.properties ?? []).map((property) => propertyJson(uuid, property));
}

/** One page of the places where a component was seen, in the order of its BOM. */
export async function readOccurrences(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
  { offset, limit }: Page,
): Promise<{ items: ComponentOccurrence[]; total: number }> {
  const { detail, first_seen } = await requireComponent(deps, principal, uuid);
  const all = detail?.occurrences ?? [];
  const items = all.slice(offset, offset + limit).map((occurrence, index) => ({
    ...occurrence,
    id: occurrenceUuid(uuid, offset + index),
    createdAt: first_seen.getTime(),
  }));
  return { items, total: all.length };
}
