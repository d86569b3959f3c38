// CRAN (R's package_version: numbers separated by "." or "-") and Hackage (Haskell's Data.Version: numbers separated by
// "."). Both order number by number, and of two versions that agree the longer one is greater.

import { compareNaturals, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

/** CRAN: `0.1-2` equals `0.1.2`. */
export const cranOrder: VersionOrder<Natural[]> = {
  parse: (text) => parseNumbers(text, /^\d+(?:[.-]\d+)*$/, /[.-]/),
  compare: compareLongerGreater,
};

/** Hackage: Haskell Package Versioning Policy numbers. */
export const hackageOrder: VersionOrder<Natural[]> = {
  parse: (text) => parseNumbers(text, /^\d+(?:\.\d+)*$/, /\./),
  compare: compareLongerGreater,
};

function parseNumbers(text: string, form: RegExp, separator: RegExp): Natural[] | undefined {
  const trimmed = text.trim();
  return form.test(trimmed) ? trimmed.split(separator).map(readNatural) : undefined;
}

function compareLongerGreater(a: Natural[], b: Natural[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareNaturals(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
