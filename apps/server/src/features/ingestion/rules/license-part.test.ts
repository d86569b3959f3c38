import type { BomLicense } from "@evertrack/sbom";
import { expect, test } from "vitest";
import { licensesOf } from "../../components/index.ts";
import { KnownLicenses } from "../../licenses/rules/known-licenses.ts";
import { licensePart } from "./license-part.ts";

const listed = (licenseId: string, name: string) => ({ licenseId, name, deprecated: false, custom: false });
const known = new KnownLicenses([
  listed("MIT", "MIT License"),
  listed("Apache-2.0", "Apache License 2.0"),
  { licenseId: "Acme-1.0", name: "AcmeLicence", deprecated: false, custom: true },
]);

const id = (value: string, more: Partial<BomLicense> = {}): BomLicense => ({ kind: "id", value, ...more });
const name = (value: string, more: Partial<BomLicense> = {}): BomLicense => ({ kind: "name", value, ...more });
const expression = (value: string): BomLicense => ({ kind: "expression", value });
const text = { content: "Do as you like." };

const cases: { said: BomLicense[]; license?: string; url?: string; isWhole?: boolean; isExpression?: boolean }[] = [
  { said: [] },
  { said: [id("MIT")], license: "MIT" },
  { said: [id("MIT", { url: "https://mit.example" })], license: "MIT", url: "https://mit.example" },
  { said: [id("Unheard-1.0")], license: "Unheard-1.0", isWhole: true },
  { said: [name("Free for friends", { url: "u" })], license: "Free for friends", url: "u" },
  { said: [name("Apache-2.0")], license: "Apache-2.0", isWhole: true },
  { said: [name("apache license 2.0")], license: "Apache-2.0", isWhole: true },
  { said: [name("AcmeLicence")], license: "Acme-1.0", isWhole: true },
  { said: [name("What?", { url: "u" }), id("MIT", { url: "v" })], license: "MIT", url: "v", isWhole: true },
  { said: [name("What?"), name("AcmeLicence"), id("MIT")], license: "MIT", isWhole: true },
  { said: [name("What?"), name("Who?")], license: "What?", isWhole: true },
  { said: [id("MIT", { text })], license: "MIT", isWhole: true },
  { said: [id("MIT", { acknowledgement: "concluded" })], license: "MIT", isWhole: true },
  { said: [expression("MIT OR Apache-2.0")] },
  { said: [expression("MIT")], license: "MIT" },
  { said: [expression("mit")], license: "MIT" },
  { said: [expression("LicenseRef-ours")], license: "LicenseRef-ours" },
  { said: [expression("AcmeLicence")], license: "Acme-1.0", isWhole: true },
  { said: [expression("Free for friends")], license: "Free for friends", isWhole: true, isExpression: false },
  { said: [expression("MIT OR")], license: "MIT OR", isWhole: true, isExpression: false },
  { said: [expression("MIT AND Unheard")] },
  { said: [name("What?"), expression("MIT")], license: "MIT", isWhole: true },
];

const titled = cases.map((row) => [JSON.stringify(row.said), row] as const);

test.each(titled)("%s is stored as a statement, and whole where that does not tell it", (_, row) => {
  const { statement, licenses } = licensePart(row.said, known);
  expect([statement.license, statement.licenseUrl]).toEqual([row.license, row.url]);
  const stated = row.said.find(({ kind }) => kind === "expression")?.value;
  expect(statement.licenseExpression).toBe(row.isExpression === false ? undefined : stated);
  expect(licenses).toEqual(row.isWhole === true ? row.said : undefined);
});

test.each(titled)("%s is given back as it was", (_, { said }) => {
  const { statement, licenses } = licensePart(said, known);
  const found = known.find(statement.license === undefined ? [] : [{ value: statement.license }]);
  const isSpdx = found !== undefined && !found.custom && found.licenseId === statement.license;
  expect(licensesOf({ statement, stated: licenses, isSpdx })).toEqual(said);
});

test("a name and an expression that 0.2.0 stored are both given back", () => {
  const statement = { license: "MIT", licenseExpression: "MIT OR ISC", licenseUrl: "u" };
  expect(licensesOf({ statement, isSpdx: true })).toEqual([id("MIT", { url: "u" }), expression("MIT OR ISC")]);
});
