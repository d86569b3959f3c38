// Does an advisory affect a version? Listed versions or ranges, whichever says so (OSV schema, "Evaluation").
//
// Bounds are parsed when a matcher is prepared, component versions once per scheme through a bounded cache, so a match is a
// few comparisons. Text a scheme cannot read is compared by the generic order instead (spec analysis §4.1), unless it holds
// no digit: such a placeholder is in no range, as if it were missing.

import { orderOf, readVersion, type Scheme } from "../versions/schemes.ts";
import type { VersionOrder } from "../versions/version-order.ts";

/** One interval of affected versions; without `introduced` it reaches back to the first version. */
export interface VersionRange {
  kind: "SEMVER" | "ECOSYSTEM";
  introduced?: string;
  /** Last version before the range; excluded. */
  introducedAfter?: string;
  /** First version outside. */
  fixed?: string;
  /** Last version inside. */
  lastAffected?: string;
  /** First version nothing is known about; excluded. */
  limit?: string;
}

/** What of an advisory decides whether a version is affected. */
export interface AffectedVersions {
  scheme: Scheme;
  versions: readonly string[];
  ranges: readonly VersionRange[];
}

/** Answers for one version whether it is affected. */
export type AffectedMatcher = (version: string) => boolean;

/** Whether a version is affected; use `prepareAffected` to ask more than once. */
export function isAffected(affected: AffectedVersions, version: string): boolean {
  return prepareAffected(affected)(version);
}

/** Parses the bounds of an advisory once and returns its matcher. */
export function prepareAffected(affected: AffectedVersions): AffectedMatcher {
  const ranges = affected.ranges.map((range) => prepareRange(affected.scheme, range));
  const isListed = prepareList(affected);
  return (version) => version !== "" && (ranges.some((contains) => contains(version)) || isListed(version));
}

/** Lists are long and seldom decide, so they are only read when the ranges have said no. */
function prepareList({ scheme, versions }: AffectedVersions): AffectedMatcher {
  if (versions.length === 0) return () => false;
  const order = orderOf(scheme);
  const keyOf = (text: string) => order.listKey?.(text) ?? text;
  let keys: Set<string> | undefined;
  return (version) => {
    keys ??= new Set(versions.map(keyOf));
    return keys.has(keyOf(version));
  };
}

/** "(devel)", "latest" and their like name no release, so no range has a place for them. */
const NAMES_A_RELEASE = /[0-9]/;

function prepareRange(scheme: Scheme, range: VersionRange): AffectedMatcher {
  const order = orderOf(scheme);
  const own = new Interval(scheme, range);
  let generic: Interval | undefined;
  return (version) => {
    if (!NAMES_A_RELEASE.test(version)) return false;
    const parsed = own.isReadable ? readCached(scheme, version) : undefined;
    if (parsed !== undefined) return !order.standsOutsideRanges?.(parsed) && own.contains(parsed);
    generic ??= new Interval("generic", range);
    return generic.contains(readCached("generic", version));
  };
}

/** The bounds of one range, parsed. */
class Interval {
  /** False when the scheme cannot read one of the bounds. */
  readonly isReadable: boolean;
  private readonly order: VersionOrder<unknown>;
  private readonly introduced: unknown;
  private readonly introducedAfter: unknown;
  private readonly ends: unknown[];
  private readonly lastAffected: unknown;

  constructor(scheme: Scheme, { introduced, introducedAfter, fixed, limit, lastAffected }: VersionRange) {
    const read = (text: string | undefined) => (text === undefined ? undefined : readCached(scheme, text));
    this.order = orderOf(scheme);
    this.introduced = read(introduced);
    this.introducedAfter = read(introducedAfter);
    this.ends = [fixed, limit].filter((text) => text !== undefined).map(read);
    this.lastAffected = read(lastAffected);
    const isMissing = (text: string | undefined, parsed: unknown) => text !== undefined && parsed === undefined;
    this.isReadable =
      !isMissing(introduced, this.introduced) &&
      !isMissing(introducedAfter, this.introducedAfter) &&
      !isMissing(lastAffected, this.lastAffected) &&
      !this.ends.includes(undefined);
  }

  contains(version: unknown): boolean {
    const { order, introduced, introducedAfter, lastAffected } = this;
    if (introduced !== undefined && order.compare(version, introduced) < 0) return false;
    if (introducedAfter !== undefined && order.compare(version, introducedAfter) <= 0) return false;
    if (lastAffected !== undefined && order.compare(version, lastAffected) > 0) return false;
    return this.ends.every((end) => order.compare(version, end) < 0);
  }
}

/** Versions remembered per scheme; when full, the memory starts afresh. */
const READ_VERSIONS_MAX = 20_000;
const readByScheme = new Map<Scheme, Map<string, unknown>>();

function readCached(scheme: Scheme, text: string): unknown {
  let known = readByScheme.get(scheme);
  if (known === undefined || known.size >= READ_VERSIONS_MAX) {
    known = new Map();
    readByScheme.set(scheme, known);
  }
  if (known.has(text)) return known.get(text);
  const parsed = readVersion(scheme, text);
  known.set(text, parsed);
  return parsed;
}
