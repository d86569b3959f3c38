/**
 * Findings that people make by hand. Everything else about a finding belongs to an identity; an assignment belongs to one component,
 * so the component gets an identity of its own before, and its match is one more analyzer's: `manual`. Matching puts it back wherever it
 * is missing and never takes it away.
 */
import type { Tx } from "../../../platform/db/index.ts";
import {
  type Assigned,
  copyMatches,
  deleteAssignment,
  insertAssignment,
  lockOwnIdentity,
  MANUAL,
} from "../store/assignments.ts";
import { addAnalyzer, dropAnalyzer } from "../store/reports.ts";
import type { MatchChanges } from "./match-identities.ts";

/** Assigns a vulnerability to a component; `sharedIdentityId` is the identity it had until this transaction. */
export async function assignByHand(
  tx: Tx,
  assigned: Assigned & { sharedIdentityId: number },
  by: string,
): Promise<MatchChanges> {
  const { identityId, sharedIdentityId } = assigned;
  await lockOwnIdentity(tx, identityId);
  if (sharedIdentityId !== identityId) await copyMatches(tx, sharedIdentityId, identityId);
  if (!(await insertAssignment(tx, assigned, by))) return { added: [], removed: [] };
  return { added: await addAnalyzer(tx, MANUAL, [assigned]), removed: [] };
}

/** Takes an assignment back; what an analyzer reports, too, stays as its finding. Undefined when nobody assigned it. */
export async function unassignByHand(tx: Tx, assigned: Assigned): Promise<MatchChanges | undefined> {
  await lockOwnIdentity(tx, assigned.identityId);
  if (!(await deleteAssignment(tx, assigned))) return undefined;
  return { added: [], removed: await dropAnalyzer(tx, MANUAL, [assigned]) };
}
