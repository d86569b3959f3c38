import { describe, expect, test } from "vitest";
import { type MatchableAdvisory, type MatchableIdentity, matchesOf } from "./affected-identities.ts";

const matches = (identities: readonly MatchableIdentity[], advisories: readonly MatchableAdvisory[]) =>
  [...matchesOf(identities, advisories)].flat();

const identity = (members: Partial<MatchableIdentity> = {}): MatchableIdentity => ({
  identityId: 1,
  packageKey: "npm/a",
  purl: "pkg:npm/a@1.5.0",
  version: "1.5.0",
  ...members,
});

const advisory = (members: Partial<MatchableAdvisory> = {}): MatchableAdvisory => ({
  vulnerabilityId: 10,
  packageKey: "npm/a",
  scheme: "npm",
  distro: null,
  affected: { versions: [], ranges: [{ kind: "SEMVER", introduced: "1.0.0", fixed: "2.0.0" }] },
  rejected: null,
  ...members,
});

const HIT = [{ vulnerabilityId: 10, identityId: 1 }];

describe("an identity is matched", () => {
  test("when its version lies within the advisory's range, not at its end", () => {
    expect(matches([identity()], [advisory()])).toEqual(HIT);
    expect(matches([identity({ purl: "pkg:npm/a@2.0.0" })], [advisory()])).toEqual([]);
    expect(matches([identity({ purl: "pkg:npm/a@0.9.9" })], [advisory()])).toEqual([]);
  });

  test("never by an advisory that was withdrawn", () => {
    expect(matches([identity()], [advisory({ rejected: new Date() })])).toEqual([]);
    expect(matches([identity()], [advisory({ rejected: new Date() }), advisory()])).toEqual(HIT);
  });

  test("never by an advisory of another package", () => {
    expect(matches([identity()], [advisory({ packageKey: "npm/b" })])).toEqual([]);
  });

  test("by the purl's version where it has one, else by the component's", () => {
    expect(matches([identity({ version: "9.9.9" })], [advisory()])).toEqual(HIT);
    expect(matches([identity({ purl: "pkg:npm/a@9.9.9" })], [advisory()])).toEqual([]);
    expect(matches([identity({ purl: "pkg:npm/a" })], [advisory()])).toEqual(HIT);
    expect(matches([identity({ purl: null })], [advisory()])).toEqual(HIT);
    expect(matches([identity({ purl: "pkg:npm/a", version: null })], [advisory()])).toEqual([]);
  });

  test("once, although several entries of an advisory affect it", () => {
    const ranges = [{ kind: "SEMVER" as const, introduced: "1.4.0", fixed: "1.6.0" }];
    const twice = [advisory(), advisory({ affected: { versions: [], ranges } })];
    expect(matches([identity()], twice)).toEqual(HIT);
    const listed = advisory({ affected: { versions: ["1.5.0"], ranges: [] } });
    expect(matches([identity()], [listed, ...twice])).toEqual(HIT);
  });
});

describe("a distribution's release", () => {
  const debian = (distro: string) =>
    advisory({
      packageKey: "deb/debian/curl",
      scheme: "deb",
      distro,
      affected: { versions: [], ranges: [{ kind: "ECOSYSTEM", introduced: "0", fixed: "7.90-1" }] },
    });
  const curl = (qualifiers: string) =>
    identity({ packageKey: "deb/debian/curl", purl: `pkg:deb/debian/curl@7.88-1${qualifiers}`, version: null });

  test("other than the advisory's is not affected; an unnamed one may be", () => {
    expect(matches([curl("?distro=debian-12")], [debian("debian-12")])).toEqual(HIT);
    expect(matches([curl("?distro=bookworm")], [debian("debian-12")])).toEqual(HIT);
    expect(matches([curl("?distro=debian-11")], [debian("debian-12")])).toEqual([]);
    expect(matches([curl("")], [debian("debian-12")])).toEqual(HIT);
  });

  test("keeps identities of one version apart when they are decided together", () => {
    const both = [
      { ...curl("?distro=debian-11"), identityId: 1 },
      { ...curl("?distro=debian-12"), identityId: 2 },
    ];
    expect(matches(both, [debian("debian-12")])).toEqual([{ vulnerabilityId: 10, identityId: 2 }]);
    expect(matches(both.toReversed(), [debian("debian-11")])).toEqual([{ vulnerabilityId: 10, identityId: 1 }]);
  });

  test("an epoch qualifier counts as part of the version", () => {
    expect(matches([curl("?epoch=1")], [debian("debian-12")])).toEqual([]);
  });
});

test("identities that differ in qualifiers that matching does not read are decided once", () => {
  let asked = 0;
  const counted = advisory();
  const ranges = counted.affected.ranges;
  // The list is only read when a version is decided and no range has it.
  const versions = new Proxy(["0.1.0"], {
    get(target, member, receiver) {
      if (member === "map" || member === Symbol.iterator) asked++;
      return Reflect.get(target, member, receiver);
    },
  });
  const advisories = [advisory({ affected: { versions, ranges } })];
  const arches = ["amd64", "arm64", "i386"].map((arch, index) =>
    identity({ identityId: index + 1, purl: `pkg:npm/a@0.1.0?arch=${arch}` }),
  );
  expect(matches(arches, advisories).map(({ identityId }) => identityId)).toEqual([1, 2, 3]);
  expect(asked).toBe(1);
});

test("nothing is yielded for identities nobody has advisories about, and work pauses after each one that is decided", () => {
  const identities = [identity(), identity({ identityId: 2, packageKey: "npm/b" }), identity({ identityId: 3 })];
  expect([...matchesOf(identities, [advisory()])]).toEqual([HIT, [{ vulnerabilityId: 10, identityId: 3 }]]);
});
