import { describe, expect, test } from "vitest";
import { compareVersions, type Scheme } from "../src/versions/schemes.ts";
import { isAbsent, readSharedLines, reportFigure, WHERE_SHARED_DATA_IS } from "./shared-data.ts";

const PERCENT_MIN = 99;

/** Lines that contradict the ecosystem itself, each with the authority that does. */
const DISPUTED = new Map([
  // php-src's version_compare test; Composer normalises both to 1.0.0.0 before it compares (composer/semver).
  ["packagist", ["1.0.0 > 1.0"]],
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
  });
});

function signOf(scheme: Scheme, a: string, b: string): string {
  const order = compareVersions(scheme, a, b);
  if (order !== -compareVersions(scheme, b, a) && order !== 0) return "not antisymmetric";
  return order < 0 ? "<" : order > 0 ? ">" : "=";
}
