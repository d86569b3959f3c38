import { setImmediate as otherWork } from "node:timers/promises";
import type { Db } from "../../../platform/db/index.ts";
import { advisoriesForCpeProducts, advisoriesForPackageKeys } from "../../vulnerabilities/index.ts";
import { cpeMatchesOf, cpeProductsOf } from "../rules/affected-cpes.ts";
import { type Match, type MatchableIdentity, matchesOf } from "../rules/affected-identities.ts";
import type { MatchRecorder } from "../rules/match-recorder.ts";
import type { LockedIdentity, MatchRow } from "../store/matching.ts";

/** Requests are answered by the same thread: deciding pauses for them this often. */
const BLOCKED_MAX_MS = 20;

/** A match without a date of publication sorts as the oldest. */
const UNPUBLISHED = new Date(0);

/** One vulnerability to be decided alone, and who is told why. */
export interface Explained {
  vulnerabilityId: number;
  recorder: MatchRecorder;
}

/**
 * What the identities' matches should be, by package and by CPE, by the advisories as they are now; each once. With `explained` only
 * those of one vulnerability, in the same way.
 */
export async function decide(
  db: Db,
  identities: readonly LockedIdentity[],
  explained?: Explained,
): Promise<MatchRow[]> {
  const rows = await decideByPackage(db, identities.filter(hasPackage), explained);
  const byCpe = await decideByCpe(db, identities, explained);
  if (byCpe.length === 0) return rows;
  const known = new Set(rows.map(keyOf));
  for (const row of byCpe) if (!known.has(keyOf(row))) rows.push(row);
  return rows;
}

async function decideByPackage(
  db: Db,
  identities: readonly MatchableIdentity[],
  explained?: Explained,
): Promise<MatchRow[]> {
  const packageKeys = [...new Set(identities.map(({ packageKey }) => packageKey))];
  if (packageKeys.length === 0) return [];
  const advisories = await advisoriesForPackageKeys(db, packageKeys, explained?.vulnerabilityId);
  return collect(matchesOf(identities, advisories, explained?.recorder), advisories);
}

async function decideByCpe(db: Db, identities: readonly LockedIdentity[], explained?: Explained): Promise<MatchRow[]> {
  const products = cpeProductsOf(identities);
  if (products.length === 0) return [];
  const advisories = await advisoriesForCpeProducts(db, products, explained?.vulnerabilityId);
  if (advisories.length === 0) return [];
  return collect(cpeMatchesOf(identities, advisories, explained?.recorder), advisories);
}

interface Sorting {
  vulnerabilityId: number;
  severity: number;
  cvss: number;
  epss: number;
  published: Date | null;
}

/** Takes matches as they are decided, and lets others work in between. */
async function collect(found: Iterable<Match[]>, advisories: readonly Sorting[]): Promise<MatchRow[]> {
  const byId = new Map(advisories.map((advisory) => [advisory.vulnerabilityId, advisory]));
  const rows: MatchRow[] = [];
  let since = performance.now();
  for (const matches of found) {
    for (const match of matches) rows.push({ ...match, ...sortKeysOf(byId.get(match.vulnerabilityId)) });
    if (performance.now() - since < BLOCKED_MAX_MS) continue;
    await otherWork();
    since = performance.now();
  }
  return rows;
}

function sortKeysOf(advisory: Sorting | undefined): Pick<MatchRow, "severity" | "cvss" | "epss" | "published"> {
  const { severity = 0, cvss = -1, epss = -1, published } = advisory ?? {};
  return { severity, cvss, epss, published: published ?? UNPUBLISHED };
}

function hasPackage(identity: LockedIdentity): identity is LockedIdentity & { packageKey: string } {
  return identity.packageKey !== null;
}

function keyOf({ vulnerabilityId, identityId }: Match): string {
  return `${vulnerabilityId}:${identityId}`;
}
