import type { Tx } from "../../../platform/db/index.ts";
import { lockProject, projectNotFound } from "../../projects/index.ts";
import { componentExists, componentNotFound } from "../errors.ts";
import {
  changeIdentity,
  componentUnderLock,
  putNode,
  renameInGraph,
  takeNode,
  uuidOfIdentity,
} from "../store/hand-changes.ts";
import { copyIdentity, noteOwnIdentity, ownIdentitiesOf } from "../store/own-identities.ts";
import { noteInventoryChanged } from "./inventory-changed.ts";

/** The identity a component has now, and the one it shared with others until now; the same where it had one of its own before. */
export interface Separated {
  identityId: number;
  sharedIdentityId: number;
}

/**
 * Gives a component an identity that no other one has, so that something can be said of it alone. Its UUID, first sight, place in the
 * graph and decisions stay, and imports find it as before. Locks the project, as imports do.
 */
export async function separateComponent(tx: Tx, projectId: number, uuid: string): Promise<Separated> {
  const identityId = await identityUnderLock(tx, projectId, uuid);
  const own = await ownIdentitiesOf(tx, projectId);
  if (own.some((one) => one.identityId === identityId)) return { identityId, sharedIdentityId: identityId };
  const { id, copiedKey } = await copyIdentity(tx, identityId);
  await becomeOther(tx, projectId, identityId, id);
  await noteOwnIdentity(tx, projectId, { identityId: id, sharedKey: copiedKey });
  await noteInventoryChanged(tx, projectId);
  return { identityId: id, sharedIdentityId: identityId };
}

/** The identity a component has, until the transaction ends: its project is locked. */
export async function identityUnderLock(tx: Tx, projectId: number, uuid: string): Promise<number> {
  if ((await lockProject(tx, projectId)) === undefined) throw projectNotFound();
  const locked = await componentUnderLock(tx, projectId, uuid);
  if (locked === undefined) throw componentNotFound();
  return locked.identityId;
}

/** What a component becomes whose identity is to be `wanted`: that one, or, where it has its own, one that says the same. */
export async function becomeWanted(
  tx: Tx,
  projectId: number,
  identityId: number,
  wanted: { identityId: number; key: string },
): Promise<number> {
  const own = await ownIdentitiesOf(tx, projectId);
  const present = own.find((one) => one.identityId === identityId);
  if (own.some((one) => one !== present && one.sharedKey === wanted.key)) throw componentExists();
  if (present?.sharedKey === wanted.key || wanted.identityId === identityId) return identityId;
  if ((await uuidOfIdentity(tx, projectId, wanted.identityId)) !== undefined) throw componentExists();
  const to = present === undefined ? wanted.identityId : (await copyIdentity(tx, wanted.identityId)).id;
  await becomeOther(tx, projectId, identityId, to);
  if (present !== undefined) await noteOwnIdentity(tx, projectId, { identityId: to, sharedKey: wanted.key });
  return to;
}

async function becomeOther(tx: Tx, projectId: number, from: number, to: number): Promise<void> {
  const dependsOn = await takeNode(tx, projectId, from);
  await changeIdentity(tx, projectId, from, to);
  if (dependsOn !== undefined) await putNode(tx, projectId, to, dependsOn);
  await renameInGraph(tx, projectId, from, to);
}
