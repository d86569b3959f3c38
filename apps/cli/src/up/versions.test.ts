import { expect, test } from "vitest";
import { compareVersions } from "./versions.ts";

test("versions are ordered by number, previews before their release, builds not at all", () => {
  const ascending = ["0.1.0-rc.2", "0.1.0-rc.10", "0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0"];
  const shuffled = [3, 0, 6, 2, 5, 1, 4].flatMap((index) => ascending[index] ?? []);
  expect(shuffled.toSorted(compareVersions)).toEqual(ascending);
  expect(compareVersions("0.1.0+one", "0.1.0+two")).toBe(0);
});
