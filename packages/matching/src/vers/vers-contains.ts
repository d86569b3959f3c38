// Is a version in a VERS range, and which constraints of a range are redundant (vers-spec, "Checking if a version is
// contained within a range" and "Version constraints simplification")?

import { VersionError, type VersionOrder } from "../versions/version-order.ts";
import { type VersConstraint, VersError, type VersRange } from "./vers.ts";
import { readVersVersion, versOrderOf } from "./vers-schemes.ts";

/** Answers whether a version is in a range; throws VersionError when the scheme cannot read the version. */
export type VersMatcher = (version: string) => boolean;

interface Bound {
  constraint: VersConstraint;
  parsed: unknown;
}

/** Parses the bounds once; throws VersionError when the scheme cannot read one, VersError when it does not know the scheme. */
export function prepareVers({ scheme, constraints }: VersRange): VersMatcher {
  const order = orderOfRange(scheme);
  const read = (text: string) => readOrThrow(order, scheme, text);
  if (constraints.some(({ comparator }) => comparator === "*")) return (version) => read(version) !== undefined;
  const bounds = constraints.map((constraint) => ({ constraint, parsed: read(constraint.version) }));
  const excluded = bounds.filter((bound) => bound.constraint.comparator === "!=");
  const included = bounds.filter((bound) => bound.constraint.comparator.endsWith("=") && !excluded.includes(bound));
  const intervals = withoutRedundant(bounds.filter(isInterval));
  const isEverythingElse = excluded.length === bounds.length;
  return (text) => {
    const version = read(text);
    const isAt = (bound: Bound) => order.compare(version, bound.parsed) === 0;
    if (excluded.some(isAt)) return false;
    return isEverythingElse || included.some(isAt) || isBetween(order, intervals, version);
  };
}

/** The range without the bounds that others imply; single versions and exclusions stay as they are. */
export function simplifyVers(range: VersRange): VersRange {
  const kept = new Set(
    withoutRedundant(range.constraints.map((constraint) => ({ constraint, parsed: undefined })).filter(isInterval)).map(
      ({ constraint }) => constraint,
    ),
  );
  const isSingle = ({ comparator }: VersConstraint) => comparator === "=" || comparator === "!=" || comparator === "*";
  return {
    ...range,
    constraints: range.constraints.filter((constraint) => isSingle(constraint) || kept.has(constraint)),
  };
}

function orderOfRange(scheme: string): VersionOrder<unknown> {
  const order = versOrderOf(scheme);
  if (order === undefined) throw new VersError("has a scheme that is not known");
  return order;
}

function readOrThrow(order: VersionOrder<unknown>, scheme: string, text: string): unknown {
  const parsed = readVersVersion(order, text);
  if (parsed === undefined) throw new VersionError(scheme, text);
  return parsed;
}

function isInterval({ constraint }: Bound): boolean {
  return isLower(constraint) || isUpper(constraint);
}

function isLower({ comparator }: VersConstraint): boolean {
  return comparator === ">" || comparator === ">=";
}

function isUpper({ comparator }: VersConstraint): boolean {
  return comparator === "<" || comparator === "<=";
}

/** Of neighbours that both begin the first counts, of neighbours that both end the last: lower and upper bounds alternate then. */
function withoutRedundant(bounds: readonly Bound[]): Bound[] {
  return bounds.filter(({ constraint }, i) => {
    const previous = bounds[i - 1]?.constraint;
    const next = bounds[i + 1]?.constraint;
    if (isLower(constraint)) return previous === undefined || isUpper(previous);
    return next === undefined || isLower(next);
  });
}

/** Strictly between the bounds of an interval; the bounds themselves have been looked at before. */
function isBetween(order: VersionOrder<unknown>, bounds: readonly Bound[], version: unknown): boolean {
  // The interval a version may be in is found by the first bound above it: an upper one, or the open end of a lower one.
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isAbove = order.compare(bounds[middle]?.parsed, version) > 0;
    if (isAbove) high = middle;
    else low = middle + 1;
  }
  const above = bounds[low];
  const below = bounds[low - 1];
  if (above !== undefined) return isUpper(above.constraint) && !isEqual(order, below, version);
  return below !== undefined && isLower(below.constraint) && !isEqual(order, below, version);
}

function isEqual(order: VersionOrder<unknown>, bound: Bound | undefined, version: unknown): boolean {
  return bound !== undefined && order.compare(bound.parsed, version) === 0;
}
