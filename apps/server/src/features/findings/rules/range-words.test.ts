import { expect, test } from "vitest";
import { endsOfCpeRange, endsOfRange, versOfRange, versOfVersion, wordsOfRange } from "./range-words.ts";

const told = (range: Parameters<typeof endsOfRange>[1] extends infer R ? Omit<R & object, "kind"> : never) => {
  const ends = endsOfRange("npm", { kind: "SEMVER", ...range });
  return [versOfRange("npm", ends), wordsOfRange(ends)];
};

test("a range is told as VERS and in words, open ends and all", () => {
  expect(told({})).toEqual(["vers:npm/*", "every version"]);
  expect(told({ fixed: "4.17.21" })).toEqual(["vers:npm/<4.17.21", "every version before 4.17.21"]);
  expect(told({ lastAffected: "2.0.0" })).toEqual(["vers:npm/<=2.0.0", "every version up to and with 2.0.0"]);
  expect(told({ introduced: "1.0.0" })).toEqual(["vers:npm/>=1.0.0", "1.0.0 and later"]);
  expect(told({ introduced: "1.0.0", fixed: "2.0.0" })).toEqual([
    "vers:npm/>=1.0.0|<2.0.0",
    "1.0.0 and later, before 2.0.0",
  ]);
  expect(told({ introducedAfter: "1.0.0", lastAffected: "2.0.0" })).toEqual([
    "vers:npm/>1.0.0|<=2.0.0",
    "later than 1.0.0, up to and with 2.0.0",
  ]);
});

test("of two ends the lower one is told", () => {
  expect(told({ fixed: "2.0.0", limit: "1.5.0" })[0]).toBe("vers:npm/<1.5.0");
  expect(told({ fixed: "1.2.0", limit: "1.5.0" })[0]).toBe("vers:npm/<1.2.0");
  expect(told({ lastAffected: "1.2.0", limit: "1.5.0" })[0]).toBe("vers:npm/<=1.2.0");
  expect(told({ lastAffected: "1.10.0", limit: "1.5.0" })[0]).toBe("vers:npm/<1.5.0");
});

test("characters that VERS takes for its own are percent-encoded in versions", () => {
  expect(versOfVersion("deb", "1:2.3+dfsg~rc1-4")).toBe("vers:deb/1:2.3%2Bdfsg~rc1-4");
  expect(versOfVersion("generic", "a|<b>!*,=% ü")).toBe("vers:generic/a%7C%3Cb%3E%21%2A%2C%3D%25%20%C3%BC");
});

test("a CPE record's empty bounds count as none", () => {
  expect(endsOfCpeRange({ startIncluding: "", endExcluding: "1.5" })).toEqual({ before: "1.5" });
});
