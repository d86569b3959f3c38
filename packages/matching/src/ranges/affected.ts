// Does an advisory affect a version? Listed versions or ranges, whichever says so (OSV schema, "Evaluation").
//
// Bounds are parsed when a matcher is prepared, component versions once per scheme through a bounded cache, so a match is a
// few comparisons. Text a scheme cannot read is compared by the generic order instead (spec analysis §4.1).

import { orderOf, type Scheme } from "../versions/schemes.ts";
import type { VersionOrder } from "../versions/version-order.ts";

/** One interval of affected versions; without `introduced` it reaches back to the first version. */
export interface VersionRange {
  kind: "SEMVER" | "ECOSYSTEM";
  introduced?: string;
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
  const { scheme } = affected;
  const order = orderOf(scheme);
  const listKey = order.listKey?.bind(order) ?? ((text: string) => text);
  const listed = new Set(affected.versions.map((text) => listKey(text)));
  const ranges = affected.ranges.map((range) => prepareRange(scheme, order, range));
  return (version) => {
    if (version === "") return false;
    return listed.has(listKey(version)) || ranges.some((contains) => contains(version));
  };
}

type RangeTest = (version: string) => boolean;

const GENERIC = orderOf("generic");

function prepareRange(scheme: Scheme, order: VersionOrder<unknown>, range: VersionRange): RangeTest {
  const own = new Interval(scheme, order, range);
  let generic: Interval | undefined;
  return (version) => {
    const parsed = own.isReadable ? parseCached(scheme, order, version) : undefined;
    if (parsed !== undefined) return !order.standsOutsideRanges?.(parsed) && own.contains(parsed);
    generic ??= new Interval("generic", GENERIC, range);
    return generic.contains(parseCached("generic", GENERIC, version));
  };
}

/** The bounds of one range, parsed. */
class Interval {
  /** False when the scheme cannot read one of the bounds. */
  readonly isReadable: boolean;
  private readonly order: VersionOrder<unknown>;
  private readonly introduced: unknown;
  private readonly ends: unknown[];
  private readonly lastAffected: unknown;

  constructor(scheme: Scheme, order: VersionOrder<unknown>, range: VersionRange) {
    const parse = (text: string | undefined) => (text === undefined ? undefined : parseCached(scheme, order, text));
    const endTexts = [range.fixed, range.limit].filter((text) => text !== undefined);
    this.order = order;
    this.introduced = parse(range.introduced);
    this.ends = endTexts.map(parse);
    this.lastAffected = parse(range.lastAffected);
    this.isReadable =
      (range.introduced === undefined) === (this.introduced === undefined) &&
      (range.lastAffected === undefined) === (this.lastAffected === undefined) &&
      !this.ends.includes(undefined);
  }

  contains(version: unknown): boolean {
    const { order, introduced, lastAffected } = this;
    if (introduced !== undefined && order.compare(version, introduced) < 0) return false;
    if (lastAffected !== undefined && order.compare(version, lastAffected) > 0) return false;
    return this.ends.every((end) => order.compare(version, end) < 0);
  }
}

/** Versions remembered per scheme; when full, the memory starts afresh. */
const PARSED_VERSIONS_MAX = 20_000;
const parsedByScheme = new Map<Scheme, Map<string, unknown>>();

function parseCached(scheme: Scheme, order: VersionOrder<unknown>, text: string): unknown {
  let parsed = parsedByScheme.get(scheme);
  if (parsed === undefined || parsed.size >= PARSED_VERSIONS_MAX) {
    parsed = new Map();
    parsedByScheme.set(scheme, parsed);
  }
  if (parsed.has(text)) return parsed.get(text);
  const value = order.parse(text);
  parsed.set(text, value);
  return value;
}
