import { describe, expect, test } from "vitest";
import { SCHEMES, type Scheme } from "../versions/schemes.ts";
import { isAffected, prepareAffected, type VersionRange, type VersionTrial } from "./affected.ts";

function inRange(scheme: Scheme, range: Omit<VersionRange, "kind">, version: string): boolean {
  return isAffected({ scheme, versions: [], ranges: [{ kind: "ECOSYSTEM", ...range }] }, version);
}

describe("isAffected", () => {
  test("introduced and last affected are inside, fixed and limit outside", () => {
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "1.0.0")).toBe(true);
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "2.0.0-rc.1")).toBe(true);
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "2.0.0")).toBe(false);
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "1.0.0-rc.1")).toBe(false);
    expect(inRange("npm", { lastAffected: "2.0.0" }, "2.0.0+build")).toBe(true);
    expect(inRange("npm", { lastAffected: "2.0.0" }, "2.0.1")).toBe(false);
    expect(inRange("npm", { introduced: "1.0.0", limit: "1.5.0" }, "1.5.0")).toBe(false);
  });

  test("a range may begin after a version, which is outside then", () => {
    expect(inRange("npm", { introducedAfter: "1.0.0", fixed: "2.0.0" }, "1.0.0")).toBe(false);
    expect(inRange("npm", { introducedAfter: "1.0.0", fixed: "2.0.0" }, "1.0.1-rc.1")).toBe(true);
    expect(inRange("npm", { introducedAfter: "1.0 special" }, "1.0.Final")).toBe(false);
    expect(inRange("npm", { introducedAfter: "1.0 special" }, "1.1.Final")).toBe(true);
  });

  test("a listed version is affected although no range has it", () => {
    expect(isAffected({ scheme: "maven", versions: ["1.0-special"], ranges: [] }, "1.0-special")).toBe(true);
    expect(isAffected({ scheme: "maven", versions: ["1.0-special"], ranges: [] }, "1.0")).toBe(false);
  });

  test("lists compare as the ecosystem does", () => {
    expect(isAffected({ scheme: "pypi", versions: ["1.0"], ranges: [] }, "1.0.0")).toBe(true);
    expect(isAffected({ scheme: "pypi", versions: ["1.0-RC1"], ranges: [] }, "1.0rc1")).toBe(true);
    expect(isAffected({ scheme: "golang", versions: ["1.2.3"], ranges: [] }, "v1.2.3+incompatible")).toBe(true);
    expect(isAffected({ scheme: "deb", versions: ["1.0-1"], ranges: [] }, "1.0-01")).toBe(false);
  });

  test("Go prefixes and suffixes do not count", () => {
    expect(inRange("golang", { introduced: "1.0.0", fixed: "1.2.0" }, "v1.1.0+incompatible")).toBe(true);
    expect(inRange("golang", { introduced: "1.21.0-0", fixed: "1.21.1" }, "go1.21rc2")).toBe(true);
  });

  test("what the scheme cannot read is compared generically", () => {
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "1.5.0.Final")).toBe(true);
    expect(inRange("npm", { introduced: "1.0.0", fixed: "2.0.0" }, "2.5.0.Final")).toBe(false);
    expect(inRange("cran", { fixed: "2.0a" }, "1.9")).toBe(true);
  });

  test("a placeholder instead of a version is in no range", () => {
    for (const scheme of ["golang", "pypi", "npm", "generic"] as const) {
      expect(inRange(scheme, { fixed: "2.0.0" }, "(devel)")).toBe(false);
      expect(inRange(scheme, {}, "(devel)")).toBe(false);
    }
  });

  test("a Composer branch is in no bounded range", () => {
    expect(inRange("composer", { fixed: "9.0" }, "dev-2.x")).toBe(false);
    expect(inRange("composer", { fixed: "9.0" }, "dev-master")).toBe(false);
    expect(inRange("composer", { fixed: "2.0" }, "1.0")).toBe(true);
  });

  test("without a version nothing is affected", () => {
    expect(inRange("npm", {}, "")).toBe(false);
  });

  test("a prepared matcher answers the same again and again", () => {
    const matches = prepareAffected({
      scheme: "gem",
      versions: ["5.0"],
      ranges: [{ kind: "ECOSYSTEM", fixed: "1.2.4" }],
    });
    for (let round = 0; round < 2; round++) {
      expect(["1.2.4.beta", "1.2.4", "5.0"].map((version) => matches(version))).toEqual([true, false, true]);
    }
  });

  test("more versions than are remembered do not change an answer", () => {
    const matches = prepareAffected({
      scheme: "nuget",
      versions: [],
      ranges: [{ kind: "ECOSYSTEM", introduced: "1.5", fixed: "1.7" }],
    });
    for (let patch = 0; patch < 25_000; patch++)
      if (!matches(`1.6.${patch}`)) throw new Error(`1.6.${patch} was missed`);
    expect(matches("1.7")).toBe(false);
  });

  test("a version of a million characters is answered at once, in ranges and in lists of every scheme", () => {
    const hostile = ["1", "1.", "a1", "~", "1-", "1.0-java", "v"].map((piece) =>
      piece.repeat(1_000_000 / piece.length),
    );
    const before = process.threadCpuUsage().user;
    for (const scheme of SCHEMES)
      for (const text of hostile) {
        const matches = prepareAffected({
          scheme,
          versions: [text, "1.0"],
          ranges: [{ kind: "ECOSYSTEM", introduced: "99999", fixed: text }],
        });
        expect(matches(text)).toBe(true);
        expect(matches(`${text}.0`)).toBe(false);
      }
    expect((process.threadCpuUsage().user - before) / 1_000).toBeLessThan(HOSTILE_CPU_MS_MAX);
  });
});

describe("a recorder", () => {
  const told = (scheme: Scheme, ranges: Omit<VersionRange, "kind">[], version: string, versions: string[] = []) => {
    const trials: VersionTrial[] = [];
    const matches = prepareAffected({
      scheme,
      versions,
      ranges: ranges.map((range) => ({ kind: "ECOSYSTEM", ...range })),
    });
    const affected = matches(version, (trial) => trials.push(trial));
    expect(matches(version)).toBe(affected);
    const shown = trials.map((trial) =>
      trial.kind === "LIST"
        ? `list ${trial.contains}`
        : `${trial.scheme} ${trial.contains}: ${trial.comparisons.map(({ bound, text, order }) => `${bound} ${text} ${order}`).join(", ")}`,
    );
    return [affected, ...shown];
  };

  test("is told of each comparison up to the one that decided", () => {
    expect(told("npm", [{ introduced: "4.0.0", fixed: "4.17.21" }], "4.17.20")).toEqual([
      true,
      "npm true: introduced 4.0.0 1, fixed 4.17.21 -1",
    ]);
    expect(told("npm", [{ introduced: "4.0.0", fixed: "4.17.21" }], "3.9.9")).toEqual([
      false,
      "npm false: introduced 4.0.0 -1",
    ]);
    expect(told("npm", [{ fixed: "1.0.0" }, { introducedAfter: "2.0.0", lastAffected: "3.0.0" }], "3.0.0")).toEqual([
      true,
      "npm false: fixed 1.0.0 1",
      "npm true: introducedAfter 2.0.0 1, lastAffected 3.0.0 0",
    ]);
  });

  test("is told of the list only where it had to be read, and of the order that was used", () => {
    expect(told("npm", [{ fixed: "2.0.0" }], "1.0.0", ["1.0.0"])).toEqual([true, "npm true: fixed 2.0.0 -1"]);
    expect(told("npm", [{ fixed: "2.0.0" }], "2.0.0", ["2.0.0"])).toEqual([
      true,
      "npm false: fixed 2.0.0 0",
      "list true",
    ]);
    expect(told("npm", [{ fixed: "2.0.0" }], "1.5.0.Final")).toEqual([true, "generic true: fixed 2.0.0 -1"]);
    expect(told("npm", [{ fixed: "2.0.0" }], "(devel)")).toEqual([false, "npm false: "]);
  });
});

/** Of this thread, whatever else the machine does. */
const HOSTILE_CPU_MS_MAX = 4_000;
