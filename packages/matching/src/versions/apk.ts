// Alpine versions, `number{.number}[letter]{_suffix[number]}[~hash][-r number]` (apk-package(5)). Texts outside that form
// still occur: what cannot be read is kept as a remainder and sorts before the same version without one.

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface AlpineVersion {
  numbers: string[];
  letter: string;
  suffixes: Suffix[];
  revision: Natural;
  remainder: string;
}

interface Suffix {
  rank: number;
  number: Natural;
}

/** Pre-release suffixes sort below none at all (4), post-release ones above; an unknown suffix sorts lowest. */
const SUFFIX_RANKS = new Map(
  ["", "alpha", "beta", "pre", "rc", "(none)", "cvs", "svn", "git", "hg", "p"].map((s, i) => [s, i]),
);
const NO_SUFFIX: Suffix = { rank: SUFFIX_RANKS.get("(none)") ?? 0, number: 0 };

const FORM = /^(\d*(?:\.\d*)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~[0-9a-f]+)?(?:-r(\d*))?(.*)$/;

/** Alpine, Wolfi and everything else packaged as .apk. */
export const apkOrder: VersionOrder<AlpineVersion> = { parse: parseAlpine, compare: compareAlpine };

function parseAlpine(text: string): AlpineVersion | undefined {
  const match = FORM.exec(text.trim());
  if (match === null || text.trim() === "") return undefined;
  const [, numbers = "", letter = "", suffixes = "", revision = "", remainder = ""] = match;
  return {
    numbers: numbers.split("."),
    letter,
    suffixes: Array.from(suffixes.matchAll(/_([a-z]+)(\d*)/g), ([, word = "", digits = ""]) => ({
      rank: SUFFIX_RANKS.get(word) ?? 0,
      number: readNatural(digits),
    })),
    revision: readNatural(revision),
    remainder,
  };
}

function compareAlpine(a: AlpineVersion, b: AlpineVersion): number {
  return (
    compareNumbers(a.numbers, b.numbers) ||
    compareTexts(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareNaturals(a.revision, b.revision) ||
    compareRemainders(a.remainder, b.remainder)
  );
}

function compareNumbers(a: string[], b: string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i] ?? "";
    const right = b[i] ?? "";
    // After the first dot a leading zero makes the part a fraction: 1.06 < 1.1, as text.
    const asText = i > 0 && (left.startsWith("0") || right.startsWith("0"));
    const order = asText ? compareTexts(left, right) : compareNaturals(readNatural(left), readNatural(right));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareSuffixes(a: Suffix[], b: Suffix[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i] ?? NO_SUFFIX;
    const right = b[i] ?? NO_SUFFIX;
    const order = left.rank - right.rank || compareNaturals(left.number, right.number);
    if (order !== 0) return order;
  }
  return 0;
}

function compareRemainders(a: string, b: string): number {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  return 0;
}
