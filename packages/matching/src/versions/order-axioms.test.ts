import * as pep440 from "@renovatebot/pep440";
import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import { orderOf, readVersion, SCHEMES, type Scheme } from "./schemes.ts";

const seed = Number(process.env.EVERTRACK_TEST_SEED ?? 20_261_123);
console.info(`version order properties: EVERTRACK_TEST_SEED=${seed}`);
const RUNS = { seed, numRuns: 2_000 };

const number = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat(),
  fc.constantFrom("00", "01", "20240101123456", "99999999999999999999"),
);
const word = fc.constantFrom(
  "a",
  "b",
  "rc",
  "alpha",
  "beta",
  "dev",
  "post",
  "pre",
  "final",
  "SNAPSHOT",
  "p",
  "sp",
  "x",
);
const separator = fc.constantFrom(".", "-", "_", "+", "~", "^", "", ":");
const numbers = fc.array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));

/** Versions of every look: mostly numbers with dots, then words and separators in any order. */
const version = fc
  .tuple(numbers, fc.array(fc.tuple(separator, fc.oneof(word, number)), { maxLength: 3 }))
  .map(([start, rest]) => start + rest.flat().join(""));

/** vercmp(8) ignores a missing pkgrel, and the generic order lets 1.0 equal 1.0.0 but not 1.0.0.0: neither is transitive. */
const NOT_TRANSITIVE = new Set<Scheme>(["alpm", "generic"]);
/** ComparableVersion of Maven 3 contradicts itself where words and empty parts mix; it is transitive on usual versions. */
const USUAL_MAVEN = fc
  .tuple(numbers, fc.constantFrom("", "-alpha-1", "-beta2", "-M1", "-rc1", "-SNAPSHOT", ".Final", "-sp1", "-jre", "-1"))
  .map((parts) => parts.join(""));

function versionsOf(scheme: Scheme) {
  return (scheme === "maven" ? USUAL_MAVEN : version).filter((text) => readVersion(scheme, text) !== undefined);
}

function signOf(scheme: Scheme, a: string, b: string): number {
  return Math.sign(orderOf(scheme).compare(readVersion(scheme, a), readVersion(scheme, b))) + 0;
}

describe.each(SCHEMES)("the %s order", (scheme) => {
  test("turns around when its sides are swapped, and a version equals itself", () => {
    const anyVersion = version.filter((text) => readVersion(scheme, text) !== undefined);
    fc.assert(
      fc.property(
        anyVersion,
        anyVersion,
        (a, b) => signOf(scheme, a, b) === -signOf(scheme, b, a) + 0 && signOf(scheme, a, a) === 0,
      ),
      RUNS,
    );
  });
});

test.each(SCHEMES.filter((scheme) => !NOT_TRANSITIVE.has(scheme)))("the %s order never runs in a circle", (scheme) => {
  const text = versionsOf(scheme);
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      if (signOf(scheme, a, b) > 0 || signOf(scheme, b, c) > 0) return;
      expect(signOf(scheme, a, c)).toBeLessThanOrEqual(0);
      if (signOf(scheme, a, b) < 0 || signOf(scheme, b, c) < 0) expect(signOf(scheme, a, c)).toBe(-1);
    }),
    RUNS,
  );
});

describe("against other implementations", () => {
  const small = fc.nat({ max: 12 });
  const prerelease = fc.constantFrom(
    "",
    "-0",
    "-1",
    "-alpha",
    "-alpha.1",
    "-alpha.beta",
    "-beta.11",
    "-rc.1",
    "-rc.1.x-y",
    "-SNAPSHOT",
  );
  const strictSemver = fc.tuple(small, small, small, prerelease).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`);

  test("semantic versions are ordered as node-semver orders them", () => {
    fc.assert(
      fc.property(strictSemver, strictSemver, (a, b) => signOf("npm", a, b) === semver.compare(a, b)),
      RUNS,
    );
  });

  const suffix = fc.constantFrom(
    "",
    "a1",
    "b2",
    "rc1",
    ".post1",
    ".dev3",
    "rc1.dev2",
    ".post2.dev1",
    "+local.1",
    "-1",
    "alpha",
    "c3",
  );
  const python = fc.tuple(fc.constantFrom("", "1!"), fc.array(small, { minLength: 1, maxLength: 4 }), suffix);
  const pythonVersion = python.map(([epoch, release, end]) => `${epoch}${release.join(".")}${end}`);

  test("Python versions are ordered as PEP 440 orders them", () => {
    fc.assert(
      fc.property(pythonVersion, pythonVersion, (a, b) => signOf("pypi", a, b) === Math.sign(pep440.compare(a, b)) + 0),
      RUNS,
    );
  });
});
