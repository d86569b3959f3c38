import { describe, expect, test } from "vitest";
import { compareVersions, readVersion, SCHEMES, type Scheme, schemeOfPurlType } from "./schemes.ts";
import { VersionError } from "./version-order.ts";

/** Ascending; "=" between two versions says they are equal. */
const ASCENDING: [scheme: Scheme, guarantee: string, versions: string][] = [
  [
    "npm",
    "pre-releases precede, numbers precede words, build metadata does not count",
    "1.0.0-1 1.0.0-a 1.0.0-a.1 1.0.0-b 1.0.0 = 1.0.0+x 1.0.1 1.10.0",
  ],
  ["npm", "old loose spellings are read", "0.9.9 1.2.3beta v1.2.3 = =1.2.3 1.2.4"],
  ["pub", "build metadata counts", "1.0.0-a 1.0.0 1.0.0+1 1.0.0+2 1.0.0+a"],
  [
    "golang",
    "pseudo-versions precede the tag they lead to",
    "v0.0.0-20180101000000-abcdef123456 v0.0.0-20190101000000-000000000000 v0.1.0",
  ],
  [
    "golang",
    "toolchain candidates precede the release",
    "go1.20.6 go1.21beta1 go1.21rc2 = 1.21.0-rc.2 go1.21rc10 go1.21 = 1.21.0 go1.21.1",
  ],
  ["golang", "+incompatible is metadata", "v2.0.0 = v2.0.0+incompatible v2.0.1"],
  [
    "pypi",
    "PEP 440",
    "1.0.dev1 1.0a1.dev1 1.0a1 1.0b2 1.0rc1 1.0 = 1.0.0 1.0+local 1.0.post1.dev1 1.0.post1 = 1.0-1 1.1 1!0.1",
  ],
  ["pypi", "what PEP 440 rejects precedes what it accepts", "1.0-bulbasaur 1.0-charmander 0.1"],
  [
    "maven",
    "qualifiers",
    "1-alpha-1 = 1a1 1-beta-1 1-M1 = 1-milestone-1 1-rc1 = 1-cr1 1-SNAPSHOT 1 = 1.0.Final = 1-ga 1-sp 1-jre 1-1 1.1",
  ],
  [
    "gem",
    "letters make a pre-release, platforms do not count",
    "1.0.a 1.0.b1 1.0 = 1.0.0 1.13.3 = 1.13.3-x86_64-linux = 1.13.3-java 1.13.4.rc1 1.13.4",
  ],
  ["nuget", "four numbers, labels in any case", "1.0.0-ALPHA = 1.0.0-alpha 1.0.0-beta 1.0 = 1.0.0.0 = 1.0.0+x 1.0.0.1"],
  [
    "composer",
    "stabilities",
    "1.0-dev 1.0-alpha1 1.0b2 1.0RC1 1 = 1.0 = v1.0.0.0 = 1.0.0-stable 1.0-patch1 1.0.1 1.x-dev 2.0",
  ],
  ["deb", "tilde precedes the end, epochs lead", "1.0~rc1-1 1.0 = 1.0-0 = 0:1.0 1.0-1 1.0-1+deb9u1 1.0+a 1.1 1:0.1"],
  ["rpm", "tilde precedes, caret follows", "1.0~rc1-1 1.0-1.el8 1.0-2.el8 1.0^git1-1 1.0.1-1 1:0.1-1"],
  ["apk", "suffixes", "1.0_alpha1 1.0_rc1 1.0 1.0-r1 1.0_git1 1.0_p1 1.0a 1.06 1.1"],
  ["alpm", "letters at the end precede", "1.0a 1.0b 1.0 = 1.0-1 1.0.a 1.0.1 1:0.1"],
  ["cran", "hyphens are dots", "0.1-2 = 0.1.2 0.1.2.0 0.2"],
  ["hackage", "the longer of two that agree is greater", "0.9 0.9.0 0.10"],
  ["generic", "Dependency-Track's rules: a pre-release is not lower", "0.9 1.0 = 1.0.0 1.0-rc 1.1"],
];

describe("compareVersions", () => {
  test.each(ASCENDING)("%s: %s", (scheme, _, text) => {
    const groups = text.split(/(?<!=) (?!=)/).map((group) => group.split(" = "));
    const versions = groups.flatMap((group, rank) => group.map((version) => ({ version, rank })));
    for (const a of versions) {
      for (const b of versions) {
        expect(compareVersions(scheme, a.version, b.version), `${a.version} ? ${b.version}`).toBe(
          Math.sign(a.rank - b.rank) + 0,
        );
      }
    }
  });

  test("numbers beyond 2^53 keep their order in every scheme that has numbers of any size", () => {
    for (const scheme of SCHEMES.filter((name) => name !== "generic")) {
      expect(compareVersions(scheme, "1.99999999999999999998", "1.99999999999999999999"), scheme).toBe(-1);
    }
  });

  test.each<[Scheme, string]>([
    ["npm", "latest"],
    ["golang", "(devel)"],
    ["gem", "1..2"],
    ["nuget", "x"],
    ["deb", "a:1"],
    ["cran", "1.0a"],
    ["hackage", "1-2"],
    ["maven", ""],
    ["cargo", `1.${"0".repeat(2_000)}`],
  ])("%s refuses %j", (scheme, text) => {
    expect(() => compareVersions(scheme, "1.0", text)).toThrow(VersionError);
  });

  test("hostile texts are read in no time", () => {
    const hostile = [
      "1".repeat(999),
      `${".".repeat(500)}\n x`,
      `1.0beta${"1".repeat(900)}x`,
      "1-".repeat(499),
      "a1".repeat(499),
      "~".repeat(999),
    ];
    const started = process.threadCpuUsage().user;
    for (const scheme of SCHEMES) for (const text of hostile) readVersion(scheme, text);
    expect((process.threadCpuUsage().user - started) / 1000).toBeLessThan(HOSTILE_CPU_MS_MAX);
  });
});

/** Of this thread, whatever else the machine does. */
const HOSTILE_CPU_MS_MAX = 2_000;

test("purl types without an order of their own are generic", () => {
  const types = [
    "npm",
    "clojars",
    "alpine",
    "swift",
    "github",
    "julia",
    "opam",
    "vscode-extension",
    "conan",
    "toString",
  ];
  expect(types.map(schemeOfPurlType)).toEqual([
    "npm",
    "maven",
    "apk",
    "semver",
    "semver",
    "semver",
    "deb",
    "semver",
    "generic",
    "generic",
  ]);
});

test("no purl type has an order that an older release does not know by its name", () => {
  expect(["gentoo", "ebuild", "openssl", "datetime", "lexicographic"].map(schemeOfPurlType)).toEqual(
    new Array(5).fill("generic"),
  );
});
