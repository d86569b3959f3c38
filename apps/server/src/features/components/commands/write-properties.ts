import type { ComponentPropertyCreation, ComponentPropertyResponse } from "@evertrack/contract/v1/component-property";
import type { Principal } from "../../../platform/http/index.ts";
import { lockProject } from "../../projects/index.ts";
import type { ComponentsDeps } from "../deps.ts";
import { propertyJson } from "../derived-uuids.ts";
import { componentNotFound, propertyExists, propertyNotFound } from "../errors.ts";
import { requireComponent } from "../queries/find-component.ts";
import { propertyOf, type StoredProperty, sameProperty } from "../rules/properties.ts";
import { componentUnderLock, storeDetail } from "../store/hand-changes.ts";
import { noteInventoryChanged } from "./inventory-changed.ts";

/** Largest number of properties people give a component. */
const PROPERTIES_MAX = 10_000;

/** Adds a property to a component. */
export async function createProperty(
  deps: ComponentsDeps,
  principal: Principal,
  componentUuid: string,
  said: ComponentPropertyCreation,
): Promise<ComponentPropertyResponse> {
  const property = propertyOf(said);
  await changeProperties(deps, principal, componentUuid, (properties) => {
    if (properties.length >= PROPERTIES_MAX || properties.some((other) => sameProperty(other, property)))
      throw propertyExists();
    return [...properties, property];
  });
  return propertyJson(componentUuid, property);
}

/** Takes a property from a component. */
export async function deleteProperty(
  deps: ComponentsDeps,
  principal: Principal,
  componentUuid: string,
  propertyUuid: string,
): Promise<void> {
  await changeProperties(deps, principal, componentUuid, (properties) => {
    const others = properties.filter((property) => propertyJson(componentUuid, property).uuid !== propertyUuid);
    if (others.length === properties.length) throw propertyNotFound();
    return others;
  });
}

async function changeProperties(
  deps: ComponentsDeps,
  principal: Principal,
  uuid: string,
  change: (properties: readonly StoredProperty[]) => StoredProperty[],
): Promise<void> {
  const { project_id: projectId } = await requireComponent(deps, principal, uuid);
  await deps.database.transaction(async (tx) => {
    const project = await lockProject(tx, projectId);
    const locked = project === undefined ? undefined : await componentUnderLock(tx, projectId, uuid);
    if (locked === undefined) throw componentNotFound();
    const { properties, ...detail } = locked.detail ?? {};
    const changed = change(properties ?? []);
    await storeDetail(tx, projectId, locked.identityId, {
      ...detail,
      ...(changed.length === 0 ? {} : { properties: changed }),
    });
    await noteInventoryChanged(tx, projectId);
  });
}
