import { expect, test } from "vitest";
import { readBomPieces } from "../read-bom.ts";
import { type BomQuality, QualityMeter } from "./index.ts";

function qualityOf(bom: Record<string, unknown>, purpose: "document" | "inventory" = "document"): BomQuality {
  const document = { bomFormat: "CycloneDX", specVersion: "1.6", ...bom };
  const meter = new QualityMeter();
  for (const piece of readBomPieces(Buffer.from(JSON.stringify(document)), { validate: true, purpose }))
    meter.take(piece);
  return meter.result();
}

const failed = ({ checks }: BomQuality) =>
  checks.flatMap(({ id, total, passed }) => (passed < total ? [id] : [])).sort();

const sha512 = { alg: "SHA-512", content: "0".repeat(128) };
const bsi = (name: string, value: string) => ({ name: `bsi:component:${name}`, value });
const wholeComponent = {
  type: "library",
  "bom-ref": "a",
  name: "a",
  version: "1",
  purl: "pkg:npm/a@1",
  supplier: { name: "Acme", url: ["https://acme.example"] },
  licenses: [{ expression: "MIT OR Apache-2.0" }],
  hashes: [sha512],
  properties: [
    bsi("filename", "a.tgz"),
    bsi("executable", "non-executable"),
    bsi("archive", "archive"),
    bsi("structured", "structured"),
  ],
  externalReferences: [
    { type: "vcs", url: "https://acme.example/a.git" },
    { type: "distribution", url: "https://acme.example/a.tgz", hashes: [sha512] },
  ],
};
const whole = {
  serialNumber: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
  metadata: {
    timestamp: "2026-11-22T00:00:00Z",
    authors: [{ name: "A", email: "a@acme.example" }],
    component: { type: "application", name: "app", version: "1", "bom-ref": "app" },
  },
  components: [wholeComponent],
  dependencies: [
    { ref: "app", dependsOn: ["a"] },
    { ref: "a", dependsOn: [] },
  ],
};

test("a BOM that has everything has 100 points by every standard", () => {
  const quality = qualityOf(whole);
  expect(failed(quality)).toEqual([]);
  expect(quality).toMatchObject({ score: 100, standards: { NTIA: 100, BSI: 100 }, components: 1 });
  expect(quality.notAssessed).toHaveLength(1);
});

const without = (component: Record<string, unknown>) => ({
  ...whole,
  components: [{ ...wholeComponent, ...component }],
});
const metadata = (change: Record<string, unknown>) => ({ ...whole, metadata: { ...whole.metadata, ...change } });
const reference = { type: "website", url: "https://acme.example" };

test.each<[string, Record<string, unknown>, string[]]>([
  ["version", without({ version: undefined }), ["component-version"]],
  ["identifier", without({ purl: undefined }), ["component-identifier"]],
  ["supplier", without({ supplier: undefined }), ["component-creator", "component-supplier"]],
  ["way to reach the supplier", without({ supplier: { name: "Acme" } }), ["component-creator"]],
  ["licence", without({ licenses: undefined }), ["component-license"]],
  ["licence of the SPDX list", without({ licenses: [{ license: { name: "Free" } }] }), ["component-license"]],
  ["expression that is one", without({ licenses: [{ expression: "MIT OR" }] }), ["component-license"]],
  [
    "hash",
    without({ hashes: undefined, externalReferences: [reference] }),
    ["component-deployable", "component-hash", "component-source"],
  ],
  ["properties", without({ properties: [] }), ["component-filename", "component-kind"]],
  ["time", metadata({ timestamp: undefined }), ["document-timestamp"]],
  ["author", metadata({ authors: undefined }), ["document-author", "document-creator"]],
  ["subject", metadata({ component: undefined }), ["dependencies-of-subject", "document-subject"]],
  ["serial number", { ...whole, serialNumber: undefined }, ["document-serial-number"]],
  ["new version", { ...whole, specVersion: "1.4", metadata: { ...whole.metadata } }, ["document-spec-version"]],
  ["dependencies", { ...whole, dependencies: undefined }, ["dependencies", "dependencies-of-subject"]],
])("without %s it loses points there and nowhere else", (_, bom, expected) => {
  const quality = qualityOf(bom);
  expect(failed(quality)).toEqual(expected);
  expect(quality.score).toBeLessThan(100);
});

test.each([
  ["all of it", whole],
  ["components without dependencies", { ...whole, dependencies: [] }],
  [
    "dependencies of some, and of what is not there",
    {
      ...whole,
      components: ["a", "b", "c", "d"].map((ref) => ({ ...wholeComponent, "bom-ref": ref })),
      dependencies: [{ ref: "app", dependsOn: ["a"] }, { ref: "a", dependsOn: ["b"] }, { ref: "b" }, { ref: "gone" }],
    },
  ],
  ["no subject", { ...whole, metadata: undefined }],
])("an importer and a reader of the whole document give the same points: %s", (_, bom) => {
  expect(qualityOf(bom, "inventory")).toEqual(qualityOf(bom, "document"));
});

test("the share of components counts, and the first that fail are named", () => {
  const components = Array.from({ length: 20 }, (_, index) => ({
    ...wholeComponent,
    "bom-ref": `c${index}`,
    version: index < 10 ? "1" : undefined,
  }));
  const quality = qualityOf({ ...whole, components, dependencies: undefined });
  expect(quality.checks.find(({ id }) => id === "component-version")).toMatchObject({
    total: 20,
    passed: 10,
    examples: ["c10", "c11", "c12", "c13", "c14"],
  });
});

test("a BOM without components is judged by the rest of it", () => {
  const quality = qualityOf({ components: [] });
  expect(quality.components).toBe(0);
  expect(quality.score).toBeLessThan(20);
});
