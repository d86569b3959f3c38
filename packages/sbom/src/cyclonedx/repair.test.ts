import { expect, test } from "vitest";
import { readBom } from "../read-bom.ts";

const head = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1 };
const read = (document: object) => readBom(Buffer.from(JSON.stringify({ ...head, ...document })), { validate: false });
const readOne = (members: object) => read({ components: [{ type: "library", name: "a", ...members }] });

test.each([
  ["a number as version", { version: 1.2 }, { version: "1.2" }],
  ["a licence that is only a text", { licenses: ["MIT"] }, { licenses: [{ kind: "name", value: "MIT" }] }],
  ["a licence without its wrapping", { licenses: { id: "MIT" } }, { licenses: [{ kind: "id", value: "MIT" }] }],
  ["a supplier that is only a name", { supplier: "S" }, { supplier: { name: "S" } }],
  ["authors that are only names", { authors: "Ada" }, { authors: [{ name: "Ada" }] }],
  ["one hash outside of a list", { hashes: { alg: "MD5", content: "0" } }, { hashes: { md5: "0" } }],
  ["properties as a table", { properties: { a: "b" } }, { properties: [{ name: "a", value: "b" }] }],
  ["a scope in capitals", { scope: "REQUIRED" }, { scope: "REQUIRED" }],
  ["null as description", { description: null }, { name: "a" }],
])("%s is understood and noted", (_, members, expected) => {
  const bom = readOne(members);
  expect(bom.components).toMatchObject([expected]);
  expect(bom.notes).toMatchObject([{ code: "repaired", path: `/components/0/${Object.keys(members)[0]}` }]);
});

test("the head, the subject and services are repaired as well", () => {
  const bom = read({
    version: "7",
    metadata: { supplier: "S", component: { type: "application", name: "s", version: 2 } },
    services: [{ name: "pay", authenticated: "true", endpoints: "https://example.org" }],
  });
  expect(bom).toMatchObject({
    version: 7,
    metadata: { supplier: { name: "S" }, component: { version: "2" } },
    services: [{ authenticated: true, endpoints: ["https://example.org"] }],
  });
  expect(bom.notes.map(({ path }) => path).sort()).toEqual([
    "/metadata/component/version",
    "/metadata/supplier",
    "/services/0/authenticated",
    "/services/0/endpoints",
    "/version",
  ]);
});

test("what is valid is not touched, what cannot be understood is left out", () => {
  const licenses = [{ license: { id: "MIT" } }, { expression: "MIT OR ISC" }];
  expect(readOne({ licenses, scope: "optional", version: "1", tags: ["a"] }).notes).toEqual([]);
  const odd = readOne({ licenses: 7, hashes: "x", properties: 1, supplier: [], scope: {}, authors: [[]] });
  expect(odd.components).toMatchObject([{ licenses: [], hashes: {}, properties: [], authors: [] }]);
});
