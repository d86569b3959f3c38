// Composer versions: normalised to four numbers and a stability (composer/semver, VersionParser::normalize), then ordered
// by PHP's version_compare. Text that does not normalise is ordered by version_compare as it stands; a `dev-` branch has
// no place in any range (composer/semver, Constraint::matchSpecific).

import { compareNaturals, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface ComposerVersion {
  isBranch: boolean;
  parts: (Natural | string)[];
}

const MODIFIER = "[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)(\\d*(?:[.-]\\d+)*))?([.-]?dev)?";
const CLASSICAL = new RegExp(`^v?(\\d{1,5})(\\.\\d+)?(\\.\\d+)?(\\.\\d+)?${MODIFIER}$`, "i");
const DATED = new RegExp(`^v?(\\d{4}(?:[.:-]?\\d{2}){1,6}(?:[.:-]?\\d{1,3}){0,2})${MODIFIER}$`, "i");
const NUMERIC_BRANCH = /^v?(\d+)(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?[.-]?dev$/i;
/** What Composer writes for the `x` of a numeric branch: newer than any release of that line. */
const BRANCH_WILDCARD = ".9999999";

const STABILITIES: Record<string, string> = { a: "alpha", b: "beta", p: "patch", pl: "patch", rc: "rc" };
/** Places of PHP's special forms; a number takes place 4, an unknown word place 0. */
const FORM_RANKS: [prefix: string, rank: number][] = [
  ["dev", 1],
  ["alpha", 2],
  ["a", 2],
  ["beta", 3],
  ["b", 3],
  ["rc", 3.5],
  ["#", 4],
  ["pl", 5],
  ["p", 5],
];
const NUMBER_RANK = 4;

/** Packagist. */
export const composerOrder: VersionOrder<ComposerVersion> = {
  parse: parseComposer,
  compare: (a, b) => compareParts(a.parts, b.parts),
  listKey: (text) =>
    text
      .trim()
      .toLowerCase()
      .replace(/^v(?=\d)/, ""),
  standsOutsideRanges: (version) => version.isBranch,
};

function parseComposer(text: string): ComposerVersion | undefined {
  const version = text
    .trim()
    .replace(/ as .*$/, "")
    .replace(/@(?:stable|rc|beta|alpha|dev)$/i, "");
  if (version === "") return undefined;
  const isBranch = /^dev-/i.test(version) || /^(?:master|trunk|default)$/i.test(version);
  return { isBranch, parts: splitParts(isBranch ? version : (normalize(version) ?? version)) };
}

function normalize(version: string): string | undefined {
  const bare = version.replace(/^([^,\s+]+)\+\S+$/, "$1");
  const classical = CLASSICAL.exec(bare);
  if (classical !== null) {
    const [, major, minor = ".0", patch = ".0", fourth = ".0", word, number, dev] = classical;
    return `${major}${minor}${patch}${fourth}${modifiers(word, number, dev)}`;
  }
  const dated = DATED.exec(bare);
  if (dated !== null) {
    const [, date = "", word, number, dev] = dated;
    return `${date.replace(/\D/g, ".")}${modifiers(word, number, dev)}`;
  }
  return normalizeNumericBranch(bare);
}

function modifiers(word: string | undefined, number: string | undefined, dev: string | undefined): string {
  if (word?.toLowerCase() === "stable") return "";
  const stability =
    word === undefined ? "" : `-${STABILITIES[word.toLowerCase()] ?? word}${(number ?? "").replace(/^[.-]+/, "")}`;
  return dev === undefined || dev === "" ? stability : `${stability}-dev`;
}

function normalizeNumericBranch(version: string): string | undefined {
  const match = NUMERIC_BRANCH.exec(version);
  if (match === null) return undefined;
  const [, major, ...rest] = match;
  const numbers = rest.map((part) => (part === undefined || /[x*]/i.test(part) ? BRANCH_WILDCARD : part));
  return `${major}${numbers.join("")}-dev`;
}

/** PHP's canonical form: separators become dots, and a dot goes between digits and anything else. */
function splitParts(version: string): (Natural | string)[] {
  const runs = version.replace(/^[vV](?=\d)/, "").match(/\d+|[^\d._+-]+/g) ?? [];
  return runs.map((run) => (/^\d/.test(run) ? readNatural(run) : run.toLowerCase()));
}

function compareParts(a: (Natural | string)[], b: (Natural | string)[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = comparePart(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  if (a.length > b.length) return rankOfRest(a[b.length] ?? 0);
  return b.length > a.length ? -rankOfRest(b[a.length] ?? 0) : 0;
}

function comparePart(a: Natural | string, b: Natural | string): number {
  if (typeof a !== "string" && typeof b !== "string") return compareNaturals(a, b);
  return rankOfPart(a) - rankOfPart(b);
}

/** What one side has left over: a number makes it greater, a word counts against a number. */
function rankOfRest(part: Natural | string): number {
  return typeof part === "string" ? rankOfPart(part) - NUMBER_RANK : 1;
}

function rankOfPart(part: Natural | string): number {
  if (typeof part !== "string") return NUMBER_RANK;
  return FORM_RANKS.find(([prefix]) => part.startsWith(prefix))?.[1] ?? 0;
}
