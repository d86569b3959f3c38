import type { Tx } from "../../../platform/db/index.ts";
import type { Match } from "../rules/affected-identities.ts";
import { assignedTo, MANUAL } from "../store/assignments.ts";
import { type LockedIdentity, lockIdentities, removeOtherMatches, upsertMatches } from "../store/matching.ts";
import { addAnalyzer } from "../store/reports.ts";
import { decide } from "./decide-matches.ts";

/** Identities handled by one transaction. */
export const MATCH_BATCH_SIZE = 5_000;

/** Packages and CPE names whose advisories are in memory at one time. */
const PACKAGES_PER_READ = 500;
const MATCHES_PER_STATEMENT = 2_000;
/** What a batch changed. */
export interface MatchChanges {
  added: Match[];
  removed: Match[];
}

/**
 * Brings the matches of at most MATCH_BATCH_SIZE identities up to date with the advisories as they are now. The protocol
 * that keeps concurrent callers from undoing each other is in the README; the caller's transaction should end soon after.
 */
export async function matchIdentities(tx: Tx, identityIds: readonly number[]): Promise<MatchChanges> {
  const changes: MatchChanges = { added: [], removed: [] };
  if (identityIds.length === 0) return changes;
  if (identityIds.length > MATCH_BATCH_SIZE) throw new RangeError(`at most ${MATCH_BATCH_SIZE} identities at a time`);
  const locked = await lockIdentities(tx, identityIds);
  const unnamed = locked.filter((identity) => nameOf(identity) === undefined).map(({ identityId }) => identityId);
  if (unnamed.length > 0) append(changes.removed, await removeOtherMatches(tx, unnamed, []));
  for (const identities of namewise(locked)) {
    const rows = await decide(tx, identities);
    const ids = identities.map(({ identityId }) => identityId);
    append(changes.removed, await removeOtherMatches(tx, ids, rows));
    for (let start = 0; start < rows.length; start += MATCHES_PER_STATEMENT)
      append(changes.added, await upsertMatches(tx, rows.slice(start, start + MATCHES_PER_STATEMENT)));
  }
  const assigned = await assignedTo(tx, identityIds);
  if (assigned.length > 0) append(changes.added, await addAnalyzer(tx, MANUAL, assigned));
  return changes;
}

/** Identities that have a package or a CPE, in groups of PACKAGES_PER_READ of these. */
export function* namewise(identities: readonly LockedIdentity[]): Generator<LockedIdentity[]> {
  const byName = Map.groupBy(identities, nameOf);
  byName.delete(undefined);
  const groups = [...byName.values()];
  for (let start = 0; start < groups.length; start += PACKAGES_PER_READ)
    yield groups.slice(start, start + PACKAGES_PER_READ).flat();
}

/** What advisories could name it by. */
function nameOf({ packageKey, cpe }: LockedIdentity): string | undefined {
  return packageKey ?? cpe ?? undefined;
}

/** Spreading into push would put every element on the stack. */
function append<T>(target: T[], items: readonly T[]): void {
  for (const item of items) target.push(item);
}
