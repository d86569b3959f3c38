import { compareVersions, type Scheme, VersionError, type VersionRange } from "@evertrack/matching";

/** Versions that might be the fix, lowest first. */
export interface FixCandidates {
  versions: string[];
  /** False where there are more than were asked for: the lowest and the highest of them are here. */
  isComplete: boolean;
}

/** Versions at which an advisory's ranges end, or behind which they begin: the only ones it names that it may not affect. */
export function namedEnds(ranges: readonly Pick<VersionRange, "fixed" | "limit" | "introducedAfter">[]): string[] {
  return ranges.flatMap(({ fixed, limit, introducedAfter }) => [fixed, limit, introducedAfter].filter(isText));
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** Words that tell a version that is no release yet; `1.0a1` and `1.0b2` are such in Python. */
const PRERELEASE = /(?:alpha|beta|rc|cr|pre|preview|snapshot|dev|canary|nightly|milestone)(?![a-z])|\d[ab]\d/i;

/**
 * Those of the versions that are higher than the current one, each once, in the order of its ecosystem (generic where that cannot read
 * the current one). Ones before a release only where nothing else is named. At most `max`, which is at least 2.
 */
export function candidatesAbove(
  scheme: Scheme,
  current: string,
  versions: Iterable<string>,
  max: number,
): FixCandidates {
  const order = isReadable(scheme, current) ? scheme : "generic";
  const spelled = spellingOf(scheme, current);
  const higher = [...new Set([...versions].map(spelled))]
    .filter((version) => isReadable(order, version) && compareVersions(order, version, current) > 0)
    .sort((a, b) => compareVersions(order, a, b) || (a < b ? -1 : 1))
    .filter((version, index, all) => index === 0 || compareVersions(order, version, all[index - 1] ?? "") !== 0);
  const released = higher.filter((version) => !PRERELEASE.test(version));
  const found = released.length > 0 ? released : higher;
  if (found.length <= max) return { versions: found, isComplete: true };
  const low = Math.ceil(max / 2);
  return { versions: [...found.slice(0, low), ...found.slice(low - max)], isComplete: false };
}

/** Go writes versions with a `v`, and advisories do not. */
function spellingOf(scheme: Scheme, current: string): (version: string) => string {
  const isPrefixed = scheme === "golang" && current.startsWith("v");
  return (version) => (isPrefixed && /^\d/.test(version) ? `v${version}` : version);
}

function isReadable(scheme: Scheme, version: string): boolean {
  try {
    return compareVersions(scheme, version, version) === 0;
  } catch (error) {
    if (error instanceof VersionError) return false;
    throw error;
  }
}
