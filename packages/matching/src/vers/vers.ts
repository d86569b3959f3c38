// VERS ranges (package-url/vers-spec): `vers:<scheme>/<constraint>|<constraint>…`, a constraint being a comparator and a
// percent-encoded version. Canonical are ranges sorted by version, without blanks or empty constraints.

import { orderOf, VERSION_CHARS_MAX } from "../versions/schemes.ts";
import { readVersVersion, versOrderOf } from "./vers-schemes.ts";

/** How a version relates to the one in a constraint; `*` stands alone and means every version. */
export type VersComparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "*";

/** One constraint; the version is decoded, and empty for `*`. */
export interface VersConstraint {
  comparator: VersComparator;
  version: string;
}

/** A range, its constraints in the scheme's order of versions. */
export interface VersRange {
  scheme: string;
  constraints: readonly VersConstraint[];
}

/** `canonical` refuses what `lenient` repairs: order, blanks, empty constraints, needless percent-encoding. */
export type VersMode = "canonical" | "lenient";

/** A text that is no VERS range. */
export class VersError extends Error {
  override readonly name = "VersError";
  readonly reason: string;

  constructor(reason: string) {
    super(`not a VERS range: ${reason}`);
    this.reason = reason;
  }
}

/** Longer texts are refused before anything else looks at them. */
export const VERS_CHARS_MAX = 100_000;
/** More constraints than this in one range are refused. */
export const VERS_CONSTRAINTS_MAX = 5_000;

const EVERY: VersConstraint = { comparator: "*", version: "" };
/** Constraints at the same version: what ends there comes before what begins there. */
const COMPARATORS: readonly VersComparator[] = ["<", "<=", "=", "!=", ">=", ">"];

/** Reads a range; throws VersError, and nothing else, when it is none. */
export function parseVers(text: string, { mode }: { mode: VersMode }): VersRange {
  if (text.length > VERS_CHARS_MAX) throw new VersError(`more than ${VERS_CHARS_MAX} characters`);
  const isCanonical = mode === "canonical";
  if (isCanonical && /\s/.test(text)) throw new VersError("contains whitespace");
  const bare = isCanonical ? text : text.replace(/\s+/g, "");
  const match = /^vers:([A-Za-z0-9.+-]+)\/(.*)$/s.exec(bare);
  if (match === null) throw new VersError('is not of the form "vers:scheme/constraints"');
  const [, spelledScheme = "", list = ""] = match;
  const scheme = isCanonical ? spelledScheme : spelledScheme.toLowerCase();
  if (versOrderOf(scheme) === undefined) throw new VersError("has a scheme that is not known");
  const constraints = readConstraints(scheme, list, isCanonical);
  const sorted = versRange(scheme, constraints);
  const isSorted = sorted.constraints.every((constraint, i) => constraint === constraints[i]);
  if (isCanonical && !isSorted) throw new VersError("is not sorted by version");
  return sorted;
}

/** A range of these constraints, sorted; throws VersError for an unknown scheme, no or too many constraints, or `*` among others. */
export function versRange(scheme: string, constraints: readonly VersConstraint[]): VersRange {
  if (constraints.length === 0) throw new VersError("has no constraints");
  if (constraints.length > VERS_CONSTRAINTS_MAX) throw new VersError(`more than ${VERS_CONSTRAINTS_MAX} constraints`);
  if (constraints.some(({ comparator }) => comparator === "*")) {
    if (constraints.length > 1) throw new VersError('has "*" among other constraints');
    return { scheme, constraints };
  }
  return { scheme, constraints: sortConstraints(scheme, constraints) };
}

/** The canonical text of a range; what `parseVers` reads back as the same range. */
export function formatVers({ scheme, constraints }: VersRange): string {
  return `vers:${scheme}/${constraints.map(formatConstraint).join("|")}`;
}

function formatConstraint({ comparator, version }: VersConstraint): string {
  if (comparator === "*") return "*";
  return `${comparator === "=" ? "" : comparator}${encodeVersion(version)}`;
}

function readConstraints(scheme: string, list: string, isCanonical: boolean): VersConstraint[] {
  const parts = list.split("|");
  if (parts.length > VERS_CONSTRAINTS_MAX) throw new VersError(`more than ${VERS_CONSTRAINTS_MAX} constraints`);
  if (isCanonical && parts.includes("")) throw new VersError("has an empty constraint");
  return parts.filter((part) => part !== "").map((part) => readConstraint(scheme, part, isCanonical));
}

function readConstraint(scheme: string, part: string, isCanonical: boolean): VersConstraint {
  if (part === "*") return EVERY;
  const [, sign = "", encoded = ""] = /^(<=|>=|!=|<|>|=)?(.*)$/s.exec(part) ?? [];
  if (encoded === "") throw new VersError("has a comparator without a version");
  if (isCanonical && sign === "=") throw new VersError('writes "=", which is left out');
  const version = decodeVersion(encoded, isCanonical);
  if (version.length > VERSION_CHARS_MAX)
    throw new VersError(`has a version of more than ${VERSION_CHARS_MAX} characters`);
  if (scheme === "datetime" && versOrderOf(scheme)?.parse(version) === undefined) {
    throw new VersError("has a version that is no RFC 3339 moment with upper-case T and Z");
  }
  return { comparator: sign === "" ? "=" : (sign as VersComparator), version };
}

/** Left as they are in versions; all else is percent-encoded, in upper case. "+" is taken in either form. */
const PLAIN = /[A-Za-z0-9._~:-]/;

function decodeVersion(encoded: string, isCanonical: boolean): string {
  if (isCanonical) checkEncoding(encoded);
  else if (/[<>=!*]/.test(encoded)) throw new VersError("has a comparator inside a version");
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) throw new VersError("has broken percent-encoding");
    throw error;
  }
}

function checkEncoding(encoded: string): void {
  for (const [triplet] of encoded.matchAll(/%[0-9A-Fa-f]{2}/g)) {
    if (triplet !== triplet.toUpperCase()) throw new VersError("has percent-encoding in lower case");
    if (PLAIN.test(String.fromCharCode(Number.parseInt(triplet.slice(1), 16)))) {
      throw new VersError("has percent-encoded characters that need none");
    }
  }
  if (!/^(?:[A-Za-z0-9._~:+-]|%[0-9A-F]{2})+$/.test(encoded)) {
    throw new VersError("has characters in a version that must be percent-encoded");
  }
}

function encodeVersion(version: string): string {
  return encodeURIComponent(version.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":")
    .replaceAll("%2B", "+");
}

/** By the scheme's order if it can read every version, else by the generic one: one sort needs one order. */
function sortConstraints(scheme: string, constraints: readonly VersConstraint[]): VersConstraint[] {
  const generic = orderOf("generic");
  const own = versOrderOf(scheme);
  if (own === undefined) throw new VersError("has a scheme that is not known");
  const readable = constraints.every(({ version }) => readVersVersion(own, version) !== undefined);
  const order = readable ? own : generic;
  return constraints
    .map((constraint) => ({
      constraint,
      rank: COMPARATORS.indexOf(constraint.comparator),
      parsed: readVersVersion(order, constraint.version),
    }))
    .sort((a, b) => order.compare(a.parsed, b.parsed) || a.rank - b.rank)
    .map(({ constraint }) => constraint);
}
