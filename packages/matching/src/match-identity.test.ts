import { expect, test } from "vitest";
import { matchIdentity } from "./match-identity.ts";
import { prepareAffected } from "./ranges/affected.ts";

test("an identity gets each advisory under its key once, and none of other keys", () => {
  const below = (fixed: string) =>
    prepareAffected({ scheme: "npm", versions: [], ranges: [{ kind: "SEMVER", fixed }] });
  const index = new Map([
    [
      "npm/a",
      [
        { subject: "X-1", matches: below("2.0.0") },
        { subject: "X-1", matches: below("3.0.0") },
        { subject: "X-2", matches: below("1.0.0") },
      ],
    ],
    ["npm/b", [{ subject: "X-3", matches: below("9.0.0") }]],
  ]);
  expect(matchIdentity({ packageKey: "npm/a", version: "1.5.0" }, index)).toEqual(["X-1"]);
  expect(matchIdentity({ packageKey: "npm/c", version: "1.5.0" }, index)).toEqual([]);
});
