// Does an advisory affect a version? Listed versions or ranges, whichever says so (OSV schema, "Evaluation").
//
// Bounds are parsed when a matcher is prepared, component versions once per scheme through a bounded cache, so a match is a
// few comparisons. Text a scheme cannot read is compared by the generic order instead (spec analysis §4.1), unless it holds
// no digit: such a placeholder is in no range, as if it were missing.

import { orderOf, readVersion, type Scheme, VERSION_CHARS_MAX } from "../versions/schemes.ts";
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

/** Names of a range's bounds, in the order in which they are compared. */
const BOUNDS = ["introduced", "introducedAfter", "lastAffected", "fixed", "limit"] as const;

/** One comparison of the version in question with a bound of a range. */
export interface BoundComparison {
  bound: (typeof BOUNDS)[number];
  /** The bound as the advisory writes it. */
  text: string;
  /** Whether the version is lower than the bound, the same, or higher. */
  order: -1 | 0 | 1;
}

/** What a matcher looked at, and what it found. */
export type VersionTrial =
  | { kind: "LIST"; contains: boolean }
  | {
      kind: "RANGE";
      range: VersionRange;
      contains: boolean;
      /** The order that versions were compared by: generic where the ecosystem's cannot read one of them. */
      scheme: Scheme;
      /** Those made, the last of them decided; none where the version has no place in any range, or the range no bounds. */
      comparisons: BoundComparison[];
    };

/** Is told of each trial when it is decided, in the order in which they are made. */
export type VersionRecorder = (trial: VersionTrial) => void;

/** Answers for one version whether it is affected; tells a recorder why. */
export type AffectedMatcher = (version: string, recorder?: VersionRecorder) => boolean;

/** Whether a version is affected; use `prepareAffected` to ask more than once. */
export function isAffected(affected: AffectedVersions, version: string): boolean {
  return prepareAffected(affected)(version);
}

/** Parses the bounds of an advisory once and returns its matcher. */
export function prepareAffected(affected: AffectedVersions): AffectedMatcher {
  const ranges = affected.ranges.map((range) => prepareRange(affected.scheme, range));
  const isListed = prepareList(affected);
  return (version, recorder) =>
    version !== "" && (ranges.some((contains) => contains(version, recorder)) || isListed(version, recorder));
}

/** Lists are long and seldom decide, so they are only read when the ranges have said no. */
function prepareList({ scheme, versions }: AffectedVersions): AffectedMatcher {
  if (versions.length === 0) return () => false;
  const order = orderOf(scheme);
  // Texts too long for a version are compared as they are: reading them could take long.
  const keyOf = (text: string) => (text.length > VERSION_CHARS_MAX ? text : (order.listKey?.(text) ?? text));
  let keys: Set<string> | undefined;
  return (version, recorder) => {
    keys ??= new Set(versions.map(keyOf));
    const contains = keys.has(keyOf(version));
    recorder?.({ kind: "LIST", contains });
    return contains;
  };
}

/** "(devel)", "latest" and their like name no release, so no range has a place for them. */
const NAMES_A_RELEASE = /[0-9]/;

function prepareRange(scheme: Scheme, range: VersionRange): AffectedMatcher {
  const order = orderOf(scheme);
  const own = new Interval(scheme, range);
  let generic: Interval | undefined;
  return (version, recorder) => {
    const comparisons: BoundComparison[] | undefined = recorder && [];
    let contains = false;
    let orderedBy = scheme;
    if (NAMES_A_RELEASE.test(version)) {
      const parsed = own.isReadable ? readCached(scheme, version) : undefined;
      if (parsed !== undefined) {
        contains = !order.standsOutsideRanges?.(parsed) && own.contains(parsed, comparisons);
      } else {
        generic ??= new Interval("generic", range);
        orderedBy = "generic";
        contains = generic.contains(readCached("generic", version), comparisons);
      }
    }
    recorder?.({ kind: "RANGE", range, contains, scheme: orderedBy, comparisons: comparisons ?? [] });
    return contains;
  };
}

/** Whether a version may be in the range that is lower than the bound, the same, or higher. */
interface Inside {
  lower: boolean;
  same: boolean;
  higher: boolean;
}

const INSIDE: Readonly<Record<BoundComparison["bound"], Inside>> = {
  introduced: { lower: false, same: true, higher: true },
  introducedAfter: { lower: false, same: false, higher: true },
  lastAffected: { lower: true, same: true, higher: false },
  fixed: { lower: true, same: false, higher: false },
  limit: { lower: true, same: false, higher: false },
};

interface ParsedBound {
  name: BoundComparison["bound"];
  text: string;
  parsed: unknown;
  inside: Inside;
}

/** The bounds of one range, parsed. */
class Interval {
  /** False when the scheme cannot read one of the bounds. */
  readonly isReadable: boolean;
  private readonly order: VersionOrder<unknown>;
  private readonly bounds: ParsedBound[] = [];

  constructor(scheme: Scheme, range: VersionRange) {
    this.order = orderOf(scheme);
    for (const name of BOUNDS) {
      const text = range[name];
      if (text !== undefined) this.bounds.push({ name, text, parsed: readCached(scheme, text), inside: INSIDE[name] });
    }
    this.isReadable = this.bounds.every(({ parsed }) => parsed !== undefined);
  }

  contains(version: unknown, comparisons?: BoundComparison[]): boolean {
    for (const { name, text, parsed, inside } of this.bounds) {
      const order = this.order.compare(version, parsed);
      comparisons?.push({ bound: name, text, order: order < 0 ? -1 : order > 0 ? 1 : 0 });
      if (!(order < 0 ? inside.lower : order > 0 ? inside.higher : inside.same)) return false;
    }
    return true;
  }
}

/** Versions remembered per scheme, none longer than VERSION_CHARS_MAX; when full, the memory starts afresh. */
const READ_VERSIONS_MAX = 20_000;
const readByScheme = new Map<Scheme, Map<string, unknown>>();

function readCached(scheme: Scheme, text: string): unknown {
  if (text.length > VERSION_CHARS_MAX) return readVersion(scheme, text);
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
