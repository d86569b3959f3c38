import { describe, expect, test } from "vitest";
import { adviceOf, fixedIn } from "./fix-advice.ts";
import { candidatesAbove, namedEnds } from "./fix-candidates.ts";

describe("candidates for a fix", () => {
  const above = (scheme: Parameters<typeof candidatesAbove>[0], current: string, ...versions: string[]) =>
    candidatesAbove(scheme, current, versions, 100).versions;

  test("are the versions at which ranges end, or behind which they begin", () => {
    expect(namedEnds([{ fixed: "1.2" }, { limit: "2.0", introducedAfter: "1.5" }, {}, { fixed: "" }])).toEqual([
      "1.2",
      "2.0",
      "1.5",
    ]);
  });

  test("are higher than the current version, each once, in the order of the ecosystem", () => {
    expect(above("npm", "4.17.20", "4.9.0", "4.17.20", "10.0.0", "4.17.21", "4.17.21", "4.17.21+build")).toEqual([
      "4.17.21",
      "10.0.0",
    ]);
    expect(above("deb", "1:1.0-1", "1.9-1", "1:1.0-1+deb12u2", "1:1.0-1+deb12u10")).toEqual([
      "1:1.0-1+deb12u2",
      "1:1.0-1+deb12u10",
    ]);
  });

  test("that come before a release are left out where a release is named", () => {
    expect(above("npm", "1.0.0", "2.0.0-rc.1", "2.0.0")).toEqual(["2.0.0"]);
    expect(above("npm", "1.0.0", "2.0.0-rc.1", "2.0.0-beta.2")).toEqual(["2.0.0-beta.2", "2.0.0-rc.1"]);
    expect(above("pypi", "1.0", "1.1b2", "1.2")).toEqual(["1.2"]);
    expect(above("golang", "v0.1.0", "0.0.0-20210101000000-abcdefabcdef", "0.2.0-preview")).toEqual(["v0.2.0-preview"]);
  });

  test("are ordered generically where the current version cannot be read", () => {
    expect(above("npm", "1.5.0.Final", "1.10.0", "1.4.0")).toEqual(["1.10.0"]);
  });

  test("are limited to the lowest and the highest, and this is said", () => {
    const many = Array.from({ length: 10 }, (_, n) => `1.0.${n}`);
    expect(candidatesAbove("npm", "0.9.0", many, 4)).toEqual({
      versions: ["1.0.0", "1.0.1", "1.0.8", "1.0.9"],
      isComplete: false,
    });
    expect(candidatesAbove("npm", "0.9.0", many, 3).versions).toEqual(["1.0.0", "1.0.1", "1.0.9"]);
    expect(candidatesAbove("npm", "0.9.0", many, 10).isComplete).toBe(true);
  });
});

describe("the advice", () => {
  const judged = (affecting: Record<string, number[]>, versions = Object.keys(affecting)) => ({
    versions,
    isComplete: true,
    affecting: new Map(Object.entries(affecting).map(([version, ids]) => [version, new Set(ids)])),
  });
  const known = (found: number[], suppressed: number[] = []) => ({
    found: new Set(found),
    suppressed: new Set(suppressed),
  });

  test("is the lowest version that nothing affects, whatever newer vulnerabilities the versions between have", () => {
    const candidates = judged({ "1.1": [3], "1.2": [2, 3], "2.0": [], "3.0": [] });
    expect(adviceOf(candidates, known([1, 2]))).toMatchObject({ status: "FIXED", version: "2.0", remaining: 0 });
    expect([1, 2, 3].map((id) => fixedIn(candidates, id))).toEqual(["1.1", "1.1", "2.0"]);
  });

  test("is the lowest with the fewest where each is affected, if these are fewer than there are", () => {
    const candidates = judged({ "1.1": [2, 3], "1.2": [3], "2.0": [4] });
    expect(adviceOf(candidates, known([1, 2]))).toMatchObject({ status: "PARTLY_FIXED", version: "1.2", remaining: 1 });
    expect(adviceOf(candidates, known([1]))).toMatchObject({ status: "NO_FIX_KNOWN", remaining: 1 });
    expect(adviceOf(judged({}), known([1]))).toMatchObject({ status: "NO_FIX_KNOWN", candidates: 0 });
  });

  test("leaves aside what was suppressed for the component", () => {
    expect(adviceOf(judged({ "1.1": [2] }), known([1, 2], [2]))).toMatchObject({ status: "FIXED", version: "1.1" });
  });

  test("is none where there is no version to begin with", () => {
    expect(adviceOf(undefined, known([1]))).toMatchObject({ status: "VERSION_UNKNOWN", remaining: 1 });
  });
});
