// NuGet versions (NuGet.Versioning.NuGetVersion): up to four numbers and a case-insensitive SemVer pre-release; metadata
// after "+" is ignored. More than four numbers are tolerated.

import { compareNaturals, comparePaddedNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface NugetVersion {
  numbers: Natural[];
  prerelease: (Natural | string)[] | undefined;
}

const FORM = /^\s*v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?\s*$/i;

/** NuGet. */
export const nugetOrder: VersionOrder<NugetVersion> = {
  parse: parseNuget,
  compare: compareNuget,
  listKey: nugetListKey,
};

function parseNuget(text: string): NugetVersion | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, numbers = "", prerelease] = match;
  return {
    numbers: numbers.split(".").map(readNatural),
    prerelease: prerelease?.toLowerCase().split(".").map(readLabel),
  };
}

function readLabel(text: string): Natural | string {
  return /^\d+$/.test(text) ? readNatural(text) : text;
}

function compareNuget(a: NugetVersion, b: NugetVersion): number {
  return comparePaddedNaturals(a.numbers, b.numbers, 0) || comparePrereleases(a.prerelease, b.prerelease);
}

function comparePrereleases(a: NugetVersion["prerelease"], b: NugetVersion["prerelease"]): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareLabels(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareLabels(a: Natural | string, b: Natural | string): number {
  if (typeof a === "string") return typeof b === "string" ? compareTexts(a, b) : 1;
  return typeof b === "string" ? -1 : compareNaturals(a, b);
}

function nugetListKey(text: string): string {
  return text.trim().toLowerCase().replace(/^v/, "").replace(/\+.*$/, "");
}
