// Gentoo versions, `number{.number}[letter]{_suffix[number]}[-r number]`, ordered as the Package Manager Specification
// wants (PMS, "Version comparison"). After the first dot a leading zero makes a part a fraction: 1.01 < 1.1.

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface GentooVersion {
  numbers: string[];
  letter: string;
  suffixes: Suffix[];
  revision: Natural;
}

interface Suffix {
  rank: number;
  number: Natural;
}

const SUFFIX_RANKS = new Map([
  ["alpha", 0],
  ["beta", 1],
  ["pre", 2],
  ["rc", 3],
  ["p", 5],
]);
const NO_SUFFIX: Suffix = { rank: 4, number: 0 };

const FORM = /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)\d*)*)(?:-r(\d+))?$/;

/** Gentoo and its descendants. */
export const gentooOrder: VersionOrder<GentooVersion> = { parse: parseGentoo, compare: compareGentoo };

function parseGentoo(text: string): GentooVersion | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, numbers = "", letter = "", suffixes = "", revision = ""] = match;
  return {
    numbers: numbers.split("."),
    letter,
    suffixes: Array.from(suffixes.matchAll(/_([a-z]+)(\d*)/g), ([, word = "", digits = ""]) => ({
      rank: SUFFIX_RANKS.get(word) ?? NO_SUFFIX.rank,
      number: readNatural(digits),
    })),
    revision: readNatural(revision),
  };
}

function compareGentoo(a: GentooVersion, b: GentooVersion): number {
  return (
    compareNumbers(a.numbers, b.numbers) ||
    compareTexts(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareNaturals(a.revision, b.revision)
  );
}

function compareNumbers(a: string[], b: string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i] ?? "";
    const right = b[i] ?? "";
    const areFractions = i > 0 && (left.startsWith("0") || right.startsWith("0"));
    const order = areFractions
      ? compareTexts(withoutTrailingZeros(left), withoutTrailingZeros(right))
      : compareNaturals(readNatural(left), readNatural(right));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function withoutTrailingZeros(digits: string): string {
  let length = digits.length;
  while (digits[length - 1] === "0") length--;
  return digits.slice(0, length);
}

function compareSuffixes(a: Suffix[], b: Suffix[]): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const left = a[i] ?? NO_SUFFIX;
    const right = b[i] ?? NO_SUFFIX;
    const order = left.rank - right.rank || compareNaturals(left.number, right.number);
    if (order !== 0) return order;
  }
  return 0;
}
