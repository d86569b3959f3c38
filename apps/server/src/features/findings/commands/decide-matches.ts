import { setImmediate as otherWork } from "node:timers/promises";
import type { Db } from "../../../platform/db/index.ts";
import { advisoriesForCpeProducts, advisoriesForPackageKeys } from "../../vulnerabilities/index.ts";
import { cpeMatchesOf, cpeProductsOf } from "../rules/affected-cpes.ts";
import { type Match, type MatchableIdentity, matchesOf } from "../rules/affected-identities.ts";
import type { LockedIdentity, MatchRow } from "../store/matching.ts";

/** Requests are answered by the same thread: deciding pauses for them this often. */
const BLOCKED_MAX_MS = 20;

/** A match without a date of publication sorts as the oldest. */
const UNPUBLISHED = new Date(0);

/** What the identities' matches should be, by package and by CPE, by the advisories as they are now; each once. */
export async function decide(db: Db, identities: readonly LockedIdentity[]): Promise<MatchRow[]> {
  const rows = await decideByPackage(db, identities.filter(hasPackage));
  const byCpe = await decideByCpe(db, identities);
  if (byCpe.length === 0) return rows;
  const known = new Set(rows.map(keyOf));
  for (const row of byCpe) if (!known.has(keyOf(row))) rows.push(row);
  return rows;
}

async function decideByPackage(db: Db, identities: readonly MatchableIdentity[]): Promise<MatchRow[]> {
  const packageKeys = [...new Set(identities.map(({ packageKey }) => packageKey))];
  if (packageKeys.length === 0) return [];
  const advisories = await advisoriesForPackageKeys(db, packageKeys);
  return collect(matchesOf(identities, advisories), advisories);
}

async function decideByCpe(db: Db, identities: readonly LockedIdentity[]): Promise<MatchRow[]> {
  const products = cpeProductsOf(identities);
  if (products.length === 0) return [];
  const advisories = await advisoriesForCpeProducts(db, products);
  return advisories.length === 0 ? [] : collect(cpeMatchesOf(identities, advisories), advisories);
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
