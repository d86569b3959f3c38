import type { ServiceCreation, ServiceResponse, ServiceUpdate } from "@evertrack/contract/v1/service";
import type { Tx } from "../../../platform/db/index.ts";
import { PlainError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, lockProject, projectNotFound, requireProject } from "../../projects/index.ts";
import { readOneService, requireService, serviceNotFound } from "../queries/read-services.ts";
import type { InventoryService } from "../rules/service.ts";
import { type NewService, serviceRow } from "../service-rows.ts";
import { readService, type ServiceRow } from "../store/service-listing.ts";
import { changeService, insertService, removeServices, serviceWithKey } from "../store/services.ts";

const serviceExists = () => new PlainError(409, "The project has a service with this group, name and version already.");

/** Adds a service to a project by hand. */
export async function createService(
  deps: LookupDeps,
  principal: Principal,
  projectUuid: string,
  said: ServiceCreation,
): Promise<ServiceResponse> {
  const project = await requireProject(deps, principal, projectUuid);
  if (project.isCollection) throw new PlainError(400, "A collection project has no services of its own.");
  const uuid = await deps.database.transaction(async (tx) => {
    if ((await lockProject(tx, project.id)) === undefined) throw projectNotFound();
    return insertService(tx, project.id, handMade(withSaid({ name: said.name }, said)));
  });
  if (uuid === undefined) throw serviceExists();
  return readOneService(deps, principal, uuid);
}

/** Changes a service by hand: members that are absent stay as they are. The next import makes it what the BOM says again. */
export async function updateService(
  deps: LookupDeps,
  principal: Principal,
  said: ServiceUpdate,
): Promise<ServiceResponse> {
  await underLock(deps, principal, said.uuid, async (tx, { project_id: projectId, ...row }) => {
    const { group_name, name, version, detail } = row;
    const present = { ...detail, group: group_name ?? undefined, name, version: version ?? undefined };
    const wanted = handMade(withSaid(present, said));
    const owner = await serviceWithKey(tx, projectId, wanted.key);
    if (owner !== undefined && owner !== said.uuid) throw serviceExists();
    await changeService(tx, said.uuid, wanted);
  });
  return readOneService(deps, principal, said.uuid);
}

/** Takes a service out of its project by hand. */
export async function deleteService(deps: LookupDeps, principal: Principal, uuid: string): Promise<void> {
  await underLock(deps, principal, uuid, (tx, { project_id: projectId, key }) => removeServices(tx, projectId, [key]));
}

/** The change gets the service as it is while its project is locked: imports and other hands wait. */
async function underLock(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
  change: (tx: Tx, service: ServiceRow) => Promise<void>,
): Promise<void> {
  const { project_id: projectId } = await requireService(deps, principal, uuid);
  await deps.database.transaction(async (tx) => {
    if ((await lockProject(tx, projectId)) === undefined) throw projectNotFound();
    const service = await readService(tx, { all: true }, uuid);
    if (service === undefined) throw serviceNotFound();
    await change(tx, service);
  });
}

/** The next import finds it different from whatever the BOM says. */
function handMade(service: InventoryService): NewService {
  return { ...serviceRow(service), contentHash: null };
}

/** Absent: as it was; null: nothing. */
function withSaid(present: InventoryService, said: Partial<ServiceUpdate>): InventoryService {
  const or = <T>(wanted: T | null | undefined, was: T | undefined) =>
    wanted === undefined ? was : (wanted ?? undefined);
  return {
    group: or(said.group, present.group),
    name: said.name ?? present.name,
    version: or(said.version, present.version),
    description: or(said.description, present.description),
    authenticated: or(said.authenticated, present.authenticated),
    crossesTrustBoundary: or(said.crossesTrustBoundary, present.crossesTrustBoundary),
    provider: or<object>(said.provider, present.provider),
    data: or<readonly object[]>(said.data, present.data),
    endpoints: or<readonly string[]>(said.endpoints, present.endpoints),
    externalReferences: or<readonly object[]>(said.externalReferences, present.externalReferences),
    notes: or(said.notes, present.notes),
  };
}
