import type { Tx } from "../../../platform/db/index.ts";
import { type AffectingAdvisory, advisoriesForPackageKeys } from "../../vulnerabilities/index.ts";
import { matchIdentities as decide, type Match } from "../rules/affected-identities.ts";
import { lockIdentities, removeOtherMatches, upsertMatches } from "../store/matching.ts";

/** Identities handled by one transaction. */
export const MATCH_BATCH_SIZE = 5_000;

/** A match without a date of publication sorts as the oldest. */
const UNPUBLISHED = new Date(0);

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
  if (identityIds.length === 0) return { added: [], removed: [] };
  if (identityIds.length > MATCH_BATCH_SIZE) throw new RangeError(`at most ${MATCH_BATCH_SIZE} identities at a time`);
  const identities = await lockIdentities(tx, identityIds);
  const packageKeys = [...new Set(identities.map(({ packageKey }) => packageKey))];
  const advisories = await advisoriesForPackageKeys(tx, packageKeys);
  const matches = decide(identities, advisories);
  const removed = await removeOtherMatches(tx, identityIds, matches);
  const added = matches.length === 0 ? [] : await upsertMatches(tx, withSortKeys(matches, advisories));
  return { added, removed };
}

function withSortKeys(matches: readonly Match[], advisories: readonly AffectingAdvisory[]) {
  const byId = new Map(advisories.map((advisory) => [advisory.vulnerabilityId, advisory]));
  return matches.map((match) => {
    const { severity = 0, cvss = -1, epss = -1, published } = byId.get(match.vulnerabilityId) ?? {};
    return { ...match, severity, cvss, epss, published: published ?? UNPUBLISHED };
  });
}
