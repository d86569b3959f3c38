import type { ServiceResponse } from "@evertrack/contract/v1/service";
import type { Db } from "../../../platform/db/index.ts";
import { PlainError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied, requireProject } from "../../projects/index.ts";
import type { InventoryService } from "../rules/service.ts";
import { serviceJson } from "../rules/service-json.ts";
import * as store from "../store/service-listing.ts";

/** What lists of services can be sorted by, for routes. */
export { SERVICE_SORT_NAMES } from "../store/service-listing.ts";

export const serviceNotFound = () => new PlainError(404, "The service could not be found.");

const EXPORT_BATCH_SIZE = 1_000;

/** One page of a project's services, and how many there are. */
export async function readServicePage(
  deps: LookupDeps,
  principal: Principal,
  projectUuid: string,
  page: store.ServicePage,
): Promise<{ items: ServiceResponse[]; total: number }> {
  const project = await requireProject(deps, principal, projectUuid);
  const { db } = deps.database;
  const [rows, total] = await Promise.all([
    store.listServicePage(db, project.id, page),
    store.countServices(db, project.id, page.searchText),
  ]);
  return { items: rows.map(serviceJson), total };
}

/** One service; 404 when there is none, 403 when its project may not be seen. */
export async function requireService(deps: LookupDeps, principal: Principal, uuid: string): Promise<store.ServiceRow> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const row = await store.readService(deps.database.db, scope, uuid);
  if (row === undefined) throw serviceNotFound();
  if (!row.visible) throw projectAccessDenied();
  return row;
}

/** One service as v1 shows it. */
export async function readOneService(deps: LookupDeps, principal: Principal, uuid: string): Promise<ServiceResponse> {
  return serviceJson(await requireService(deps, principal, uuid));
}

/** A service as exports give it back. */
export interface ExportedService extends InventoryService {
  uuid: string;
}

/** All services of a project, batch by batch, in an order that does not change. */
export async function* listServices(db: Db, projectId: number): AsyncGenerator<ExportedService[]> {
  let last: string | undefined;
  do {
    const rows: store.ServiceRow[] = await store.servicesAfter(db, projectId, last, EXPORT_BATCH_SIZE);
    if (rows.length > 0) yield rows.map(exported);
    last = rows.length < EXPORT_BATCH_SIZE ? undefined : rows.at(-1)?.key;
  } while (last !== undefined);
}

function exported({ uuid, group_name, name, version, detail }: store.ServiceRow): ExportedService {
  const { notes: _, ...said } = detail ?? {};
  return {
    ...said,
    uuid,
    name,
    ...(group_name !== null && { group: group_name }),
    ...(version !== null && { version }),
  };
}
