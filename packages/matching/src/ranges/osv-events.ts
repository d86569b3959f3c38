// Turns the events of an OSV range into intervals. The schema's algorithm sorts all events by version and flips between
// affected and not affected while it walks up to the version in question; the intervals are where it would be "affected".

import { orderOf, readVersion, type Scheme } from "../versions/schemes.ts";
import type { VersionRange } from "./affected.ts";

/** One event of an OSV range. */
export interface OsvEvent {
  type: "introduced" | "fixed" | "last_affected" | "limit";
  version: string;
}

/** `introduced: "0"` stands for before the first version of any scheme. */
const BEFORE_ALL_VERSIONS = "0";
const NO_LIMIT = "*";

/** The affected intervals of a range's events, in version order. */
export function rangesOfEvents(
  scheme: Scheme,
  kind: VersionRange["kind"],
  events: readonly OsvEvent[],
): VersionRange[] {
  const ranges: VersionRange[] = [];
  let open: VersionRange | undefined;
  for (const { type, version } of sortEvents(
    scheme,
    events.filter((event) => event.type !== "limit"),
  )) {
    if (type === "introduced") {
      open ??= { kind, ...(version !== BEFORE_ALL_VERSIONS && { introduced: version }) };
    } else if (open !== undefined) {
      ranges.push({ ...open, ...(type === "fixed" ? { fixed: version } : { lastAffected: version }) });
      open = undefined;
    }
  }
  if (open !== undefined) ranges.push(open);
  const limit = highestLimit(scheme, events);
  return limit === undefined ? ranges : ranges.map((range) => ({ ...range, limit }));
}

function sortEvents(scheme: Scheme, events: readonly OsvEvent[]): OsvEvent[] {
  const compare = readableOrder(scheme, events);
  return events.toSorted((a, b) => {
    const startsAll = Number(isStartOfAll(b)) - Number(isStartOfAll(a));
    // Events at the same version keep the advisory's own order: "fixed 1.2, introduced 1.2" is two ranges that touch.
    return startsAll || compare(a.version, b.version);
  });
}

function isStartOfAll(event: OsvEvent): boolean {
  return event.type === "introduced" && event.version === BEFORE_ALL_VERSIONS;
}

/** A version is within the limits when it is below any of them; "*" is no limit. */
function highestLimit(scheme: Scheme, events: readonly OsvEvent[]): string | undefined {
  const limits = events.filter((event) => event.type === "limit");
  if (limits.some((event) => event.version === NO_LIMIT)) return undefined;
  const compare = readableOrder(scheme, limits);
  return limits.toSorted((a, b) => compare(b.version, a.version))[0]?.version;
}

/** The scheme's order if it can read every event's version, else the generic one: one sort needs one order. */
function readableOrder(scheme: Scheme, events: readonly OsvEvent[]): (a: string, b: string) => number {
  const parsed = new Map(events.map(({ version }) => [version, readVersion(scheme, version)]));
  if (scheme !== "generic" && [...parsed.values()].includes(undefined)) return readableOrder("generic", events);
  return (a, b) => orderOf(scheme).compare(parsed.get(a), parsed.get(b));
}
