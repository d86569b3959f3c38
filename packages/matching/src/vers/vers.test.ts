import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VersionError } from "../versions/version-order.ts";
import { NATIVE_SCHEMES, versOfNative } from "./native.ts";
import {
  formatVers,
  parseVers,
  VERS_CHARS_MAX,
  VERS_CONSTRAINTS_MAX,
  type VersConstraint,
  VersError,
  versRange,
} from "./vers.ts";
import { prepareVers, simplifyVers } from "./vers-contains.ts";
import { readVersVersion, VERS_SCHEMES, versOrderOf } from "./vers-schemes.ts";

const seed = Number(process.env.EVERTRACK_TEST_SEED ?? 20_261_123);
console.info(`VERS properties: EVERTRACK_TEST_SEED=${seed}`);
const RUNS = { seed, numRuns: 2_000 };
const LENIENT = { mode: "lenient" } as const;
const CANONICAL = { mode: "canonical" } as const;

const comparator = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
const number = fc.nat({ max: 4 });
const version = fc.tuple(number, number).map((numbers) => numbers.join("."));
const constraint = fc.record({ comparator, version }) as fc.Arbitrary<VersConstraint>;

describe("parseVers", () => {
  test("a formatted range is read back as the same range, whatever is in its versions", () => {
    const anyVersion = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    const anyConstraint = fc.record({ comparator, version: anyVersion }) as fc.Arbitrary<VersConstraint>;
    const scheme = fc.constantFrom(...VERS_SCHEMES.filter((name) => name !== "datetime"));
    fc.assert(
      fc.property(scheme, fc.array(anyConstraint, { minLength: 1, maxLength: 6 }), (name, constraints) => {
        const range = versRange(name, constraints);
        expect(parseVers(formatVers(range), CANONICAL)).toEqual(range);
        expect(parseVers(formatVers(range), LENIENT)).toEqual(range);
      }),
      RUNS,
    );
  });

  test.each([
    ["npm/1", "no vers: in front"],
    ["vers:klingon/1", "a scheme nobody knows"],
    ["vers:npm/", "no constraints"],
    ["vers:npm/*|1.0.0", "* among others"],
    ["vers:npm/>=", "no version"],
    ["vers:npm/>=1.0.0<2.0.0", "no pipe"],
    ["vers:npm/%E0%A4%A", "broken encoding"],
    [`vers:npm/${"1".repeat(1_001)}`, "a version beyond its limit"],
    [`vers:npm/${"1|".repeat(VERS_CONSTRAINTS_MAX)}1`, "constraints beyond their limit"],
    [`vers:npm/${"1".repeat(VERS_CHARS_MAX)}`, "a text beyond its limit"],
  ])("%.30s is refused: %s", (text) => {
    expect(() => parseVers(text, LENIENT)).toThrow(VersError);
    expect(() => parseVers(text, CANONICAL)).toThrow(VersError);
  });

  test("lenient reading sorts, and drops blanks and empty constraints", () => {
    expect(formatVers(parseVers("vers:NPM/ <2.0.0 || >= 1.0.0 |", LENIENT))).toBe("vers:npm/>=1.0.0|<2.0.0");
  });

  test("no text leads to any other error than the declared ones, in any scheme", () => {
    const piece = fc.constantFrom(
      "vers:",
      "npm",
      "/",
      "|",
      ">=",
      "<",
      "!=",
      "*",
      "1.0",
      "%2",
      "%41",
      "x",
      "^",
      "~",
      "[",
      ",",
      " - ",
      ")",
      "\u0000",
      "😀",
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
      fc.string(),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...VERS_SCHEMES), (body, scheme) => {
        onlyDeclared(() => parseVers(body, CANONICAL));
        onlyDeclared(() => prepareVers(parseVers(`vers:${scheme}/${body}`, LENIENT))(body));
        for (const native of NATIVE_SCHEMES) onlyDeclared(() => versOfNative(native, body));
      }),
      RUNS,
    );
  });
});

describe("prepareVers", () => {
  test("alternating bounds contain what lies between them, whatever else is listed or excluded", () => {
    fc.assert(
      fc.property(fc.uniqueArray(number, { maxLength: 4 }), constraint, version, (starts, listed, candidate) => {
        const bounds: VersConstraint[] = starts.flatMap((start) => [
          { comparator: ">=", version: `${start}.1` },
          { comparator: "<", version: `${start}.3` },
        ]);
        const isAt = listed.version === candidate;
        const single: VersConstraint = { ...listed, comparator: listed.comparator === "!=" ? "!=" : "=" };
        const [major, minor = 0] = candidate.split(".").map(Number);
        const isWithin = starts.some((start) => start === major && minor >= 1 && minor < 3);
        const isElsewhere = single.comparator === "!=" && bounds.length === 0;
        const expected = single.comparator === "!=" ? !isAt && (isWithin || isElsewhere) : isAt || isWithin;
        expect(prepareVers(versRange("pypi", [...bounds, single]))(candidate)).toBe(expected);
      }),
      RUNS,
    );
  });

  test("simplifying drops bounds and no version", () => {
    fc.assert(
      fc.property(fc.array(constraint, { minLength: 1, maxLength: 8 }), version, (constraints, candidate) => {
        const range = versRange("npm", constraints);
        const simple = simplifyVers(range);
        const uses = range.constraints.filter((one) => simple.constraints.includes(one));
        expect(uses).toEqual(simple.constraints);
        expect(prepareVers(simple)(candidate)).toBe(prepareVers(range)(candidate));
      }),
      RUNS,
    );
  });

  test("overlapping intervals contain what either contains", () => {
    const contains = prepareVers(versOfNative("npm", "<2.0.18 || <3.0.16 || >=5.2.1 <=6.0.0 || >=6.0.0 <=6.0.2"));
    expect(["1.0.0", "3.0.15", "3.0.16", "5.2.1", "6.0.0", "6.0.1", "6.0.3"].map(contains)).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  test("only exclusions contain everything else", () => {
    expect(["1.0", "2.0"].map(prepareVers(parseVers("vers:pypi/!=1.0.0", CANONICAL)))).toEqual([false, true]);
  });

  test("a version its scheme cannot read is refused, not guessed at", () => {
    expect(() => prepareVers(parseVers("vers:npm/>=1.0.0", CANONICAL))("latest")).toThrow(VersionError);
    expect(() => prepareVers(parseVers("vers:npm/latest", CANONICAL))).toThrow(VersionError);
  });
});

describe("versOfNative", () => {
  test.each([
    ["nuget", "[1.0,2.0)", "vers:nuget/>=1.0|<2.0"],
    ["nuget", "1.0", "vers:nuget/>=1.0"],
    ["maven", "(,1.0],[1.2,)", "vers:maven/<=1.0|>=1.2"],
    ["maven", "[1.5]", "vers:maven/1.5"],
    ["gem", "~> 2.2.a, != 2.2.9", "vers:gem/>=2.2.a|!=2.2.9|<3"],
    ["pypi", ">=1.0, <2.0, !=1.5", "vers:pypi/>=1.0|!=1.5|<2.0"],
    ["nginx", "all", "vers:nginx/*"],
    ["npm", "* <2.0.0", "vers:npm/<2.0.0"],
    ["npm", "1.2.3 - x", "vers:npm/>=1.2.3"],
    ["npm", "^0.x || >= 3", "vers:npm/>=0.0.0|<1.0.0|>=3.0.0"],
  ])("%s %s is %s", (scheme, native, expected) => {
    expect(formatVers(versOfNative(scheme, native))).toBe(expected);
  });

  test.each([
    ["pypi", "~=1.4"],
    ["npm", ">"],
    ["npm", "<x"],
    ["maven", "[1.0,2.0"],
    ["deb", ">= 1"],
  ])("%s %s is refused", (scheme, native) => {
    expect(() => versOfNative(scheme, native)).toThrow(VersError);
  });
});

const ORDERS_OF_VERS_ALONE: [scheme: string, ascending: string][] = [
  ["gentoo", "1.0_alpha1 1.0_beta1 1.0_pre2 1.0_rc3 1.0 1.0-r1 1.0_p2 1.0b 1.0.0 1.01 1.1 1.10"],
  ["openssl", "0.9.8 0.9.8z 0.9.8za 1.0.2-beta1 1.0.2 1.0.2a 1.1.1w 3.0.0-alpha2 3.0.0-beta1 3.0.0 3.0.10"],
  ["datetime", "2024-01-01T00:00:00+02:00 2023-12-31T23:00:00Z 2024-01-01T00:00:00.09Z 2024-01-01T00:00:00.9Z"],
  ["lexicographic", "A a aa ä é \uffee 😀"],
];

test.each(ORDERS_OF_VERS_ALONE)("%s versions have one order, which never runs in a circle", (scheme, ascending) => {
  const order = versOrderOf(scheme);
  const parsed = ascending.split(" ").map((text) => order && readVersVersion(order, text));
  for (const [i, a] of parsed.entries())
    for (const [j, b] of parsed.entries()) expect(Math.sign(order?.compare(a, b) ?? 0) + 0).toBe(Math.sign(i - j) + 0);
});

/** Of this thread, whatever else the machine does: ten times what it takes, a tenth of what one quadratic reader would. */
const HOSTILE_CPU_MS_MAX = 4_000;
const HOSTILE = ["1", "1.", "~", "a1", "^1.x ", "[1,", "1|", ">=", " ", "%41", "1-", "1.1beta", "(,"];

test("texts of a million characters are read or refused in linear time", () => {
  const before = process.threadCpuUsage().user;
  for (const piece of HOSTILE)
    for (const length of [1_000_000, VERS_CHARS_MAX - 20]) {
      const text = piece.repeat(length / piece.length);
      for (const mode of [CANONICAL, LENIENT]) onlyDeclared(() => parseVers(`vers:npm/${text}`, mode));
      onlyDeclared(() => prepareVers(parseVers("vers:maven/>=1.0", LENIENT))(text));
      for (const native of NATIVE_SCHEMES) {
        onlyDeclared(() => versOfNative(native, text));
        onlyDeclared(() => versOfNative(native, `~> ${text}!`));
      }
    }
  expect((process.threadCpuUsage().user - before) / 1_000).toBeLessThan(HOSTILE_CPU_MS_MAX);
});

function onlyDeclared(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof VersError || error instanceof VersionError)) throw error;
  }
}
