import { setImmediate as otherWork } from "node:timers/promises";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { type AffectingAdvisory, advisoriesForPackageKeys } from "../../vulnerabilities/index.ts";
import { type Match, type MatchableIdentity, matchesOf } from "../rules/affected-identities.ts";
import { lockIdentities, type MatchRow, removeOtherMatches, upsertMatches } from "../store/matching.ts";

/** Identities handled by one transaction. */
export const MATCH_BATCH_SIZE = 5_000;

/** Packages whose advisories are in memory at one time. */
const PACKAGES_PER_READ = 500;
const MATCHES_PER_STATEMENT = 2_000;
/** Requests are answered by the same thread: deciding pauses for them this often. */
const BLOCKED_MAX_MS = 20;

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
  const changes: MatchChanges = { added: [], removed: [] };
  if (identityIds.length === 0) return changes;
  if (identityIds.length > MATCH_BATCH_SIZE) throw new RangeError(`at most ${MATCH_BATCH_SIZE} identities at a time`);
  const locked = await lockIdentities(tx, identityIds);
  const withoutPackage = locked.filter(({ packageKey }) => packageKey === null).map(({ identityId }) => identityId);
  if (withoutPackage.length > 0) append(changes.removed, await removeOtherMatches(tx, withoutPackage, []));
  for (const identities of packagewise(locked)) {
    const rows = await decide(tx, identities);
    const ids = identities.map(({ identityId }) => identityId);
    append(changes.removed, await removeOtherMatches(tx, ids, rows));
    for (let start = 0; start < rows.length; start += MATCHES_PER_STATEMENT)
      append(changes.added, await upsertMatches(tx, rows.slice(start, start + MATCHES_PER_STATEMENT)));
  }
  return changes;
}

/** What the identities' matches should be, by the advisories as they are now. */
export async function decide(db: Db, identities: readonly MatchableIdentity[]): Promise<MatchRow[]> {
  const packageKeys = [...new Set(identities.map(({ packageKey }) => packageKey))];
  const advisories = await advisoriesForPackageKeys(db, packageKeys);
  const byId = new Map(advisories.map((advisory) => [advisory.vulnerabilityId, advisory]));
  const rows: MatchRow[] = [];
  let since = performance.now();
  for (const matches of matchesOf(identities, advisories)) {
    for (const match of matches) rows.push({ ...match, ...sortKeysOf(byId.get(match.vulnerabilityId)) });
    if (performance.now() - since < BLOCKED_MAX_MS) continue;
    await otherWork();
    since = performance.now();
  }
  return rows;
}

function sortKeysOf(
  advisory: AffectingAdvisory | undefined,
): Pick<MatchRow, "severity" | "cvss" | "epss" | "published"> {
  const { severity = 0, cvss = -1, epss = -1, published } = advisory ?? {};
  return { severity, cvss, epss, published: published ?? UNPUBLISHED };
}

/** Identities that have a package, in groups of PACKAGES_PER_READ packages. */
export function* packagewise<I extends { packageKey: string | null }>(
  identities: readonly I[],
): Generator<(I & { packageKey: string })[]> {
  const byPackage = Map.groupBy(identities.filter(hasPackage), ({ packageKey }) => packageKey);
  const groups = [...byPackage.values()];
  for (let start = 0; start < groups.length; start += PACKAGES_PER_READ)
    yield groups.slice(start, start + PACKAGES_PER_READ).flat();
}

function hasPackage<I extends { packageKey: string | null }>(identity: I): identity is I & { packageKey: string } {
  return identity.packageKey !== null;
}

/** Spreading into push would put every element on the stack. */
function append<T>(target: T[], items: readonly T[]): void {
  for (const item of items) target.push(item);
}
