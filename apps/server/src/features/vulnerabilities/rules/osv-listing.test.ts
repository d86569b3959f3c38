import { describe, expect, it } from "vitest";
import { canonicalTime, changedIds, isAdvisoryId, isSuspicious, parseListing, unlistedIds } from "./osv-listing.ts";

const known = (modified: string) => ({ modified, digest: "00" });

describe("a listing", () => {
  it("is read line by line, leaving out what is no time and id", () => {
    const text =
      "2026-01-02T00:00:00Z,A-1\r\n\nnonsense\n,A-2\n2026-01-01T00:00:00.100Z,A-3\n2026-01-01T00:00:00Z,../A-4\n";
    expect([...parseListing(text)]).toEqual([
      ["A-1", "2026-01-02T00:00:00Z"],
      ["A-3", "2026-01-01T00:00:00.1Z"],
    ]);
  });

  it("asks for what is new, has another time (even an earlier one), or a time that says nothing", () => {
    const listing = new Map([
      ["same", "2026-01-01T00:00:00Z"],
      ["earlier", "2026-01-01T00:00:00Z"],
      ["undated", "0001-01-01T00:00:00Z"],
      ["new", "2026-01-01T00:00:00Z"],
    ]);
    const before = new Map([
      ["same", known("2026-01-01T00:00:00Z")],
      ["earlier", known("2027-01-01T00:00:00Z")],
      ["undated", known("0001-01-01T00:00:00Z")],
      ["gone", known("2026-01-01T00:00:00Z")],
    ]);
    expect([...changedIds(listing, before)]).toEqual(["earlier", "undated", "new"]);
    expect(unlistedIds(listing, before)).toEqual(["gone"]);
  });
});

it.each([
  ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"],
  ["2026-01-01T00:00:00.120300Z ", "2026-01-01T00:00:00.1203Z"],
  ["2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z"],
  ["2026-01-01T00:00:00.50+00:00", "2026-01-01T00:00:00.5+00:00"],
])("the time %s is spelled %s", (text, spelled) => {
  expect(canonicalTime(text)).toBe(spelled);
});

it.each(["GHSA-aaaa-bbbb-cccc", "openSUSE-SU-2024:1234-1", "RUBYSEC-camaleon_cms-CVE-2026-1", "A+b.c"])(
  "%s may be an id",
  (id) => {
    expect(isAdvisoryId(id)).toBe(true);
  },
);

it.each(["", "..", ".hidden", "a/b", "a\\b", "a\0b", "a b", "x".repeat(256)])("%j is no id", (id) => {
  expect(isAdvisoryId(id)).toBe(false);
});

it("a feed that lost everything, or most of much, is suspicious; one that lost a part is not", () => {
  expect([
    isSuspicious(0, 0),
    isSuspicious(1, 1),
    isSuspicious(1, 2),
    isSuspicious(51, 100),
    isSuspicious(50, 100),
  ]).toEqual([false, true, false, true, false]);
});
