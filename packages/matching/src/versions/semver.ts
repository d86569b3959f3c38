// Semantic Versioning 2.0.0 (semver.org §11) as npm, Cargo, Go, Bitnami, Hex and Pub use it.
//
// Advisories and SBOMs are looser than the specification, so a leading "v" or "=", fewer or more than three numbers, and
// npm's old "1.2.3beta" are accepted. Build metadata is ignored, except by Pub, which orders it.

import { compareNaturals, comparePaddedNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

type Identifier = Natural | string;

interface SemanticVersion {
  numbers: Natural[];
  prerelease: Identifier[] | undefined;
  build: Identifier[] | undefined;
}

const SEMANTIC =
  /^[\s=]*[vV]?\s*(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+)|([A-Za-z][0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.+_-]*))?\s*$/;
const DIGITS = /^\d+$/;

/** npm, Cargo, Bitnami, Hex, Swift and plain SemVer. */
export const semverOrder: VersionOrder<SemanticVersion> = {
  parse: parseSemantic,
  compare: compareIgnoringBuild,
  listKey: semanticListKey,
};

/** Pub orders by build metadata after everything else (pub_semver: `1.0.0 < 1.0.0+build`). */
export const pubOrder: VersionOrder<SemanticVersion> = {
  parse: parseSemantic,
  compare: (a, b) => compareIgnoringBuild(a, b) || compareBuilds(a.build, b.build),
};

/** Go modules and toolchains: `v1.2.3`, pseudo-versions, `+incompatible`, `go1.21rc2`. */
export const golangOrder: VersionOrder<SemanticVersion> = {
  parse: (text) => parseSemantic(semanticFromGoToolchain(text)),
  compare: compareIgnoringBuild,
  listKey: (text) => semanticListKey(semanticFromGoToolchain(text)),
};

function parseSemantic(text: string): SemanticVersion | undefined {
  const match = SEMANTIC.exec(text);
  if (match === null) return undefined;
  const [, numbers = "", strictPrerelease, loosePrerelease, build] = match;
  const prerelease = strictPrerelease ?? loosePrerelease;
  return {
    numbers: numbers.split(".").map(readNatural),
    prerelease: prerelease === undefined ? undefined : readIdentifiers(prerelease),
    build: build === undefined ? undefined : readIdentifiers(build),
  };
}

function readIdentifiers(text: string): Identifier[] {
  return text.split(".").map((part) => (DIGITS.test(part) ? readNatural(part) : part));
}

function compareIgnoringBuild(a: SemanticVersion, b: SemanticVersion): number {
  return comparePaddedNaturals(a.numbers, b.numbers, 0) || comparePrereleases(a.prerelease, b.prerelease);
}

function comparePrereleases(a: Identifier[] | undefined, b: Identifier[] | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return compareIdentifiers(a, b);
}

function compareBuilds(a: Identifier[] | undefined, b: Identifier[] | undefined): number {
  return compareIdentifiers(a ?? [], b ?? []);
}

function compareIdentifiers(a: Identifier[], b: Identifier[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareIdentifier(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifier(a: Identifier, b: Identifier): number {
  if (typeof a === "string") return typeof b === "string" ? compareTexts(a, b) : 1;
  return typeof b === "string" ? -1 : compareNaturals(a, b);
}

function semanticListKey(text: string): string {
  return text
    .trim()
    .replace(/^[=vV]+/, "")
    .replace(/\+.*$/, "");
}

/** `go1.21rc2` is the tag of what the Go vulnerability database calls `1.21.0-rc.2` (golang.org/x/vuln, GoTagToSemver). */
function semanticFromGoToolchain(text: string): string {
  const bare = text.trim().replace(/^go(?=\d)/, "");
  const candidate = /^v?(\d+)\.(\d+)(?:\.(\d+))?(rc|beta)(\d+)$/.exec(bare);
  if (candidate === null) return bare;
  const [, major, minor, patch = "0", word, number] = candidate;
  return `${major}.${minor}.${patch}-${word}.${number}`;
}
