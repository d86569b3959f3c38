import { describe, expect, test } from "vitest";
import { compareVersions, type Scheme } from "../src/versions/schemes.ts";
import { isAbsent, readSharedLines, reportFigure, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const PERCENT_MIN = 99;

/** Lines that contradict the ecosystem itself, each with the authority that does. */
const DISPUTED = new Map([
  // php-src's version_compare test; Composer normalises both to 1.0.0.0 before it compares (composer/semver).
  ["packagist", ["1.0.0 > 1.0"]],
]);

/** Lines on which we differ; they count as failures, and no other line may. */
const DEVIATIONS = new Map([
  [
    "alpine",
    // None of these is a version (apk-package(5): a dot is followed by digits, a letter by no digits, "r" follows a hyphen).
    // From there on they are compared as equal, and as older than the same version without the rest.
    [
      "0.r1 < 0r2",
      "0...1...0.r1 < 0...1...0.r2",
      "0...1...0r1 < 0...1...0r2",
      "0.8.21.r2 > 0.8.21.r1",
      "0.8.21.r2 < 0.8.21r2",
      "6.6.2p1 < 6.6.2p2",
    ],
  ],
  // A release word amid a version keeps its nesting here; it would have to vanish. No published version is known to need it.
  ["maven", ["1-1 = 1-ga-1"]],
]);

const OSV_SUITES: [suite: string, scheme: Scheme][] = [
  ["alpine", "apk"],
  ["cran", "cran"],
  ["debian", "deb"],
  ["hackage", "hackage"],
  ["maven", "maven"],
  ["nuget", "nuget"],
  ["packagist", "composer"],
  ["pub", "pub"],
  ["pypi", "pypi"],
  ["redhat", "rpm"],
  ["rubygems", "gem"],
  ["semver", "semver"],
];

describe.skipIf(isAbsent("suites/osv-versions"))(`osv-scalibr's version pairs ${WHERE_SHARED_DATA_IS}`, () => {
  test.each(OSV_SUITES)("%s versions are ordered as the ecosystem orders them", (suite, scheme) => {
    const failures: string[] = [];
    let passed = 0;
    for (const line of readSharedLines(`suites/osv-versions/${suite}-versions.txt`)) {
      const pair = /^([^#/\s]\S*)\s+([<>=])\s+(\S+)\s*$/.exec(line);
      if (pair === null || DISPUTED.get(suite)?.includes(line.trim())) continue;
      const [, a = "", sign = "", b = ""] = pair;
      if (signOf(scheme, a, b) === sign) passed++;
      else failures.push(line);
    }
    expect(reportFigure(`osv-versions ${suite}`, passed, failures)).toBeGreaterThanOrEqual(PERCENT_MIN);
    expect(failures.filter((line) => !DEVIATIONS.get(suite)?.includes(line.trim()))).toEqual([]);
  });
});

function signOf(scheme: Scheme, a: string, b: string): string {
  const order = compareVersions(scheme, a, b);
  if (order !== -compareVersions(scheme, b, a) && order !== 0) return "not antisymmetric";
  return order < 0 ? "<" : order > 0 ? ">" : "=";
}
