/** What the mirror took from a record the last time. */
export interface KnownRecord {
  modified: string;
  /** Hexadecimal. */
  digest: string;
}

/** Ids become file names: nothing that could leave a folder or hide in one. */
const ADVISORY_ID = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,254}$/;

/** An id that can be a file of the bucket. */
export function isAdvisoryId(text: string): boolean {
  return ADVISORY_ID.test(text);
}

/** Reads `modified_id.csv` of an ecosystem (`<time>,<id>` per line); lines that are not like that are left out. */
export function parseListing(text: string): Map<string, string> {
  const listing = new Map<string, string>();
  for (const line of text.split("\n")) {
    const comma = line.indexOf(",");
    const id = line.slice(comma + 1).trim();
    if (comma > 0 && isAdvisoryId(id)) listing.set(id, canonicalTime(line.slice(0, comma)));
  }
  return listing;
}

/**
 * Ids to look at: new ones, those with another time than last time, and those whose time says nothing. Times are compared
 * for equality, never for order: real listings hold times in the future.
 */
export function changedIds(listing: ReadonlyMap<string, string>, known: ReadonlyMap<string, KnownRecord>): Set<string> {
  const changed = [...listing].filter(([id, modified]) => isUndated(modified) || known.get(id)?.modified !== modified);
  return new Set(changed.map(([id]) => id));
}

/** Known ids a complete listing does not have any more. */
export function unlistedIds(listed: { has(id: string): boolean }, known: ReadonlyMap<string, KnownRecord>): string[] {
  return [...known.keys()].filter((id) => !listed.has(id)).sort();
}

/** A time that stands for none: Go writes the year 1, so the content has to be compared. */
export function isUndated(modified: string): boolean {
  return modified < "1970-01-02";
}

/** One spelling per instant, as far as feeds differ: no trailing zeros in fractions of seconds. */
export function canonicalTime(text: string): string {
  return text
    .trim()
    .replace(/(\.\d*?)0+(?=Z|[+-]|$)/, "$1")
    .replace(/\.(?=Z|[+-]|$)/, "");
}

const SUSPICIOUS_FROM = 100;
const VANISHED_SHARE_MAX = 0.5;

/** An empty feed, or more than half of many records gone at once: a feed at fault rather than that many withdrawals. */
export function isSuspicious(vanished: number, known: number): boolean {
  return (known > 0 && vanished === known) || (known >= SUSPICIOUS_FROM && vanished > known * VANISHED_SHARE_MAX);
}
