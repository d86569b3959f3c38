import type { Database, Db } from "../../../platform/db/index.ts";
import type { Match } from "../rules/affected-identities.ts";
import { unmatchedAssignments } from "../store/assignments.ts";
import {
  identitiesAfter,
  identitiesOfIds,
  type LockedIdentity,
  type MatchRow,
  matchesOfIdentities,
} from "../store/matching.ts";
import { decide } from "./decide-matches.ts";
import { namewise } from "./match-identities.ts";

const PAGE_SIZE = 1_000;
/** 300 million identities: a bound for the loop, not for portfolios. */
const PAGES_MAX = 300_000;
/** A portfolio that is wrong throughout need not be listed throughout. */
const DIFFERENCES_MAX = 1_000;

/** One match that is not as matching from scratch would have it. */
export interface MatchDifference extends Match {
  /** Affected, or assigned by hand, but without a match that says so; a match though not affected; a match whose copied sort keys are old. */
  difference: "missing" | "superfluous" | "outdated";
}

/** What was compared, and what differs. */
export interface Verification {
  identities: number;
  matches: number;
  /** At most DIFFERENCES_MAX. */
  differences: MatchDifference[];
}

interface VerifyOptions {
  signal?: AbortSignal;
  /** Told after each page. */
  progress?: (identities: number) => void;
}

/**
 * Recomputes the matches of all identities that are in use or were ever matched, page by page, and compares them with what is stored.
 * Takes no locks: while imports or mirrors are at work a difference may only be on its way.
 */
export async function verifyMatches(database: Database, options: VerifyOptions = {}): Promise<Verification> {
  const result: Verification = { identities: 0, matches: 0, differences: [] };
  let afterId = 0;
  for (let page = 0; page < PAGES_MAX && result.differences.length < DIFFERENCES_MAX; page++) {
    options.signal?.throwIfAborted();
    const identities = await identitiesAfter(database.db, afterId, PAGE_SIZE);
    const lastId = identities.at(-1)?.identityId;
    if (lastId === undefined) break;
    afterId = lastId;
    const found = await verifyPage(database.db, identities);
    result.identities += identities.length;
    result.matches += found.matches;
    result.differences.push(...found.differences);
    options.progress?.(result.identities);
  }
  return { ...result, differences: result.differences.slice(0, DIFFERENCES_MAX) };
}

/** Looks once more at what differed: what was only on its way is not told. */
export async function verifyAgain(
  database: Database,
  differences: readonly MatchDifference[],
): Promise<MatchDifference[]> {
  const seen = new Set(differences.map(keyOf));
  const ids = [...new Set(differences.map(({ identityId }) => identityId))];
  const still: MatchDifference[] = [];
  for (let start = 0; start < ids.length; start += PAGE_SIZE) {
    const identities = await identitiesOfIds(database.db, ids.slice(start, start + PAGE_SIZE));
    still.push(...(await verifyPage(database.db, identities)).differences);
  }
  return still.filter((difference) => seen.has(keyOf(difference)));
}

async function verifyPage(db: Db, identities: readonly LockedIdentity[]) {
  const identityIds = identities.map(({ identityId }) => identityId);
  const stored = await matchesOfIdentities(db, identityIds);
  const wanted: MatchRow[] = [];
  for (const group of namewise(identities)) for (const row of await decide(db, group)) wanted.push(row);
  const differences = differencesBetween(wanted, stored);
  for (const assigned of await unmatchedAssignments(db, identityIds))
    differences.push({ ...assigned, difference: "missing" });
  return { matches: stored.length, differences };
}

function differencesBetween(wanted: readonly MatchRow[], stored: readonly MatchRow[]): MatchDifference[] {
  const left = new Map(stored.map((row) => [keyOf(row), row]));
  const differences: MatchDifference[] = [];
  const note = ({ vulnerabilityId, identityId }: Match, difference: MatchDifference["difference"]) =>
    differences.push({ vulnerabilityId, identityId, difference });
  for (const row of wanted) {
    const present = left.get(keyOf(row));
    if (present === undefined) note(row, "missing");
    else if (sortKeysText(present) !== sortKeysText(row)) note(row, "outdated");
    left.delete(keyOf(row));
  }
  for (const row of left.values()) note(row, "superfluous");
  return differences;
}

function keyOf({ vulnerabilityId, identityId }: Match): string {
  return `${vulnerabilityId}:${identityId}`;
}

function sortKeysText({ severity, cvss, epss, published }: MatchRow): string {
  return JSON.stringify([severity, cvss, epss, published]);
}
