import { expect, test } from "vitest";
import { DEFAULT_GROUPS } from "./default-groups.ts";
import { KnownLicenses } from "./known-licenses.ts";

const listed = (licenseId: string, name: string, deprecated = false) => ({
  licenseId,
  name,
  deprecated,
  custom: false,
});
const custom = (licenseId: string, name: string) => ({ licenseId, name, deprecated: false, custom: true });

const known = new KnownLicenses([
  listed("GPL-2.0", "GNU General Public License v2.0 only", true),
  listed("GPL-2.0-only", "GNU General Public License v2.0 only"),
  listed("MIT", "MIT License"),
  custom("Acme-1.0", "Acme Licence"),
  custom("Acme-MIT", "MIT License"),
]);

const find = (...values: string[]) => known.find(values.map((value) => ({ value })))?.licenseId;

test.each([
  ["MIT", "MIT"],
  ["mit", "MIT"],
  ["MIT License", "MIT"],
  ["mit license", "MIT"],
  ["GPL-2.0", "GPL-2.0"],
  ["GNU General Public License v2.0 only", "GPL-2.0-only"],
  ["Acme-1.0", "Acme-1.0"],
  ["Acme Licence", "Acme-1.0"],
  ["acme licence", undefined],
  ["Apache", undefined],
  ["__proto__", undefined],
])("%s stands for %s", (text, licenseId) => {
  expect(find(text)).toBe(licenseId);
});

test("the first candidate that is known wins, a custom licence by name only when no other is known", () => {
  expect(find("what", "MIT", "GPL-2.0-only")).toBe("MIT");
  expect(find("Acme Licence", "MIT")).toBe("MIT");
  expect(find("Acme Licence", "what")).toBe("Acme-1.0");
  expect(find("Acme-1.0", "MIT")).toBe("Acme-1.0");
  expect(find()).toBeUndefined();
});

test("no licence is in two default groups", () => {
  const ids = DEFAULT_GROUPS.flatMap(({ licenseIds }) => licenseIds);
  expect(new Set(ids).size).toBe(ids.length);
});
