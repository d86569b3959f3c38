import { expect, test } from "vitest";
import { mayJoin } from "./versions.ts";

test.each([
  ["0.1.0", "0.0.0", true],
  ["1.4.0", "1.4.0", true],
  ["1.10.0", "1.9.3", true],
  ["1.4.0", "1.4.0-rc.2", true],
  ["1.4.0-rc.1", "1.4.0-rc.2", false],
  ["1.4.0-rc.1", "1.4.0", false],
  ["0.9.9", "1.0.0", false],
])("%s beside at least %s: %s", (version, least, expected) => {
  expect(mayJoin(version, least)).toBe(expected);
});
