import type { LicenseGroupResponse } from "@evertrack/contract/v1/license-group";
import type { LicensesDeps } from "../deps.ts";
import { groupNameTaken, groupNotFound, licenseNotFound } from "../errors.ts";
import { requireGroup } from "../queries/groups.ts";
import * as store from "../store/groups.ts";

/** Both by UUID. */
export interface Membership {
  group: string;
  license: string;
}

/** `PUT /v1/licenseGroup`: 409 when the name is taken. */
export async function createGroup({ database }: LicensesDeps, name: string): Promise<LicenseGroupResponse> {
  const uuid = await database.transaction((tx) => store.insertGroup(tx, name));
  if (uuid === undefined) throw groupNameTaken();
  return requireGroup(database.db, uuid);
}

/** `POST /v1/licenseGroup`: another name. */
export async function renameGroup(
  { database }: LicensesDeps,
  { uuid, name }: { uuid: string; name: string },
): Promise<LicenseGroupResponse> {
  await database.transaction((tx) => store.renameGroup(tx, uuid, name));
  return requireGroup(database.db, uuid);
}

/** `DELETE /v1/licenseGroup/{uuid}`. */
export async function removeGroup({ database }: LicensesDeps, uuid: string): Promise<void> {
  const removed = await database.transaction((tx) => store.deleteGroup(tx, uuid));
  if (!removed) throw groupNotFound();
}

/** Puts a licence into a group; undefined when it is in there already. */
export function addMember(deps: LicensesDeps, membership: Membership): Promise<LicenseGroupResponse | undefined> {
  return changeMembership(deps, membership, store.insertMember);
}

/** Takes a licence out of a group; undefined when it is not in there. */
export function removeMember(deps: LicensesDeps, membership: Membership): Promise<LicenseGroupResponse | undefined> {
  return changeMembership(deps, membership, store.deleteMember);
}

async function changeMembership(
  { database }: LicensesDeps,
  membership: Membership,
  change: typeof store.insertMember,
): Promise<LicenseGroupResponse | undefined> {
  const changed = await database.transaction(async (tx) => {
    const { groupId, licenseRow } = await store.findMembership(tx, membership);
    if (groupId === null) throw groupNotFound();
    if (licenseRow === null) throw licenseNotFound();
    return change(tx, groupId, licenseRow);
  });
  return changed ? requireGroup(database.db, membership.group) : undefined;
}
