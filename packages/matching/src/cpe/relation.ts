// How one attribute value relates to another: NIST IR 7696 table 6-2. Source is the record's value, target the
// component's. Comparison ignores case.

import { CPE_ANY, CPE_NA } from "./cpe.ts";

/** The relation of a record's value (source) to a component's (target). */
export type CpeRelation = "EQUAL" | "SUBSET" | "SUPERSET" | "DISJOINT";

/** A quoted character, a wildcard, or a plain character: what a pattern is compared by. */
const UNITS = /\\.|[^\\]/gsu;

/**
 * Relates two values. Deviation from IR 7696, which leaves it undefined: a target that has wildcards itself is equal to
 * the same source, and disjoint from every other value than ANY.
 */
export function relateCpeValues(source: string, target: string): CpeRelation {
  const record = source.toLowerCase();
  const component = target.toLowerCase();
  if (record === component) return "EQUAL";
  if (record === CPE_ANY) return "SUPERSET";
  if (component === CPE_ANY) return "SUBSET";
  if (record === CPE_NA || component === CPE_NA) return "DISJOINT";
  if (hasWildcard(component) || !hasWildcard(record)) return "DISJOINT";
  return matchesPattern(unitsOf(record), unitsOf(component)) ? "SUPERSET" : "DISJOINT";
}

/** Whether a value has wildcards that are not quoted; ANY is none. */
function hasWildcard(value: string): boolean {
  return value !== CPE_ANY && unitsOf(value).some((unit) => unit === "*" || unit === "?");
}

function unitsOf(value: string): string[] {
  return value.match(UNITS) ?? [];
}

/** `*` stands for any number of characters, `?` for one. Steps back to the last `*` only: never exponential. */
function matchesPattern(pattern: readonly string[], value: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < value.length; ) {
    if (pattern[at] === "*") {
      star = at++;
      resume = i;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === value[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  return pattern.slice(at).every((unit) => unit === "*");
}
