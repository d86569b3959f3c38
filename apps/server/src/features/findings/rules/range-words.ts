import { type CpeRange, compareVersions, type Scheme, VersionError, type VersionRange } from "@evertrack/matching";

/** A range by its ends, each of them as the advisory writes it; a missing one is open. */
export interface RangeEnds {
  /** First version inside. */
  from?: string;
  /** Last version before the range. */
  after?: string;
  /** Last version inside. */
  through?: string;
  /** First version behind the range. */
  before?: string;
}

/** The ends of an advisory's range; of two that end it the lower one counts. */
export function endsOfRange(scheme: Scheme, range: VersionRange): RangeEnds {
  const { introduced, introducedAfter, lastAffected, fixed, limit } = range;
  const before = fixed === undefined || limit === undefined ? (fixed ?? limit) : lower(scheme, fixed, limit);
  const isThrough =
    lastAffected !== undefined && (before === undefined || lower(scheme, lastAffected, before) === lastAffected);
  return {
    ...(introduced !== undefined && { from: introduced }),
    ...(introducedAfter !== undefined && { after: introducedAfter }),
    ...(isThrough ? { through: lastAffected } : before !== undefined && { before }),
  };
}

/** The ends of a CPE record's range; without any, the name itself says which versions are meant. */
export function endsOfCpeRange({ startIncluding, startExcluding, endIncluding, endExcluding }: CpeRange): RangeEnds {
  return {
    ...(startIncluding && { from: startIncluding }),
    ...(startExcluding && { after: startExcluding }),
    ...(endIncluding && { through: endIncluding }),
    ...(endExcluding && { before: endExcluding }),
  };
}

function lower(scheme: Scheme, a: string, b: string): string {
  try {
    return compareVersions(scheme, a, b) <= 0 ? a : b;
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return compareVersions("generic", a, b) <= 0 ? a : b;
  }
}

/** The range as VERS, the notation of version ranges that belongs to purl: `vers:npm/>=4.0.0|<4.17.21`. */
export function versOfRange(scheme: string, { from, after, through, before }: RangeEnds): string {
  const constraint = (comparator: string, version: string | undefined) =>
    version === undefined ? [] : [comparator + quoted(version)];
  const constraints = [
    ...constraint(">=", from),
    ...constraint(">", after),
    ...constraint("<=", through),
    ...constraint("<", before),
  ];
  return `vers:${scheme}/${constraints.length === 0 ? "*" : constraints.join("|")}`;
}

/** A single version as VERS. */
export function versOfVersion(scheme: string, version: string): string {
  return `vers:${scheme}/${quoted(version)}`;
}

/** Characters that mean something in VERS, or in an address, are percent-encoded. */
function quoted(version: string): string {
  return version.replaceAll(/[^A-Za-z0-9._~:-]+/gu, (text) =>
    encodeURIComponent(text.toWellFormed()).replaceAll(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  );
}

/** The range in words: `4.0.0 and later, before 4.17.21`. */
export function wordsOfRange({ from, after, through, before }: RangeEnds): string {
  const start = from === undefined ? (after === undefined ? undefined : `later than ${after}`) : `${from} and later`;
  const end =
    through === undefined ? (before === undefined ? undefined : `before ${before}`) : `up to and with ${through}`;
  if (start === undefined && end === undefined) return "every version";
  return start === undefined ? `every version ${end}` : [start, end].filter((part) => part !== undefined).join(", ");
}
