import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dialects } from "../../test/writing.ts";
import { validateBom } from "../read-bom.ts";
import { type Conversion, convertBom } from "./index.ts";

const full = readFileSync(join(import.meta.dirname, "../../fixtures/full-1.6.cdx.json"));

function bytesOf(members: Record<string, unknown>, specVersion = "1.6"): Buffer {
  return Buffer.from(JSON.stringify({ bomFormat: "CycloneDX", specVersion, version: 1, ...members }));
}

const wordsOf = (bytes: Uint8Array) => {
  const { $schema: _, ...words } = JSON.parse(Buffer.from(bytes).toString("utf8"));
  return words;
};
const placesOf = ({ losses }: Conversion) => losses.map(({ place, kind }) => `${kind} ${place}`);

test.each(dialects.map((dialect) => [dialect.format, dialect.specVersion, dialect] as const))(
  "a BOM with a bit of everything can be had in %s %s",
  async (format, specVersion, dialect) => {
    const { bytes, from } = await convertBom(full, dialect);
    expect(from).toEqual({ format: "json", specVersion: "1.6" });
    expect(validateBom(bytes)).toEqual({ format, specVersion });
  },
);

test("in its own version and JSON a BOM stays what it was", async () => {
  const conversion = await convertBom(full, { format: "json", specVersion: "1.6" });
  expect(conversion.losses).toEqual([]);
  expect(wordsOf(conversion.bytes)).toEqual(wordsOf(full));
});

test("parts that the model does not hold are kept where the version knows them, and told where it does not", async () => {
  const bom = bytesOf({
    components: [],
    formulation: [{ "bom-ref": "f" }],
    declarations: { assessors: [{ "bom-ref": "a", thirdParty: true }] },
    annotations: [
      { subjects: ["x"], annotator: { individual: { name: "A" } }, timestamp: "2026-01-01T00:00:00Z", text: "seen" },
    ],
  });
  const newer = await convertBom(bom, { format: "json", specVersion: "1.7" });
  expect(newer.losses).toEqual([]);
  expect(wordsOf(newer.bytes)).toEqual({ ...wordsOf(bom), specVersion: "1.7" });
  expect(placesOf(await convertBom(bom, { format: "json", specVersion: "1.5" }))).toEqual(["absent /declarations"]);
  expect(placesOf(await convertBom(bom, { format: "xml", specVersion: "1.6" }))).toEqual([
    "absent /annotations",
    "absent /declarations",
    "absent /formulation",
  ]);
});

test("older words are found for what newer versions renamed", async () => {
  const bom = bytesOf({
    metadata: {
      manufacturer: { name: "Acme" },
      tools: { components: [{ type: "application", group: "acme", name: "gen", version: "1" }] },
    },
    components: [
      {
        type: "platform",
        name: "a",
        authors: [{ name: "A" }, { name: "B" }],
        externalReferences: [{ type: "rfc-9116", url: "https://acme.example" }],
      },
    ],
  });
  const conversion = await convertBom(bom, { format: "json", specVersion: "1.3" });
  expect(wordsOf(conversion.bytes)).toMatchObject({
    metadata: { manufacture: { name: "Acme" }, tools: [{ vendor: "acme", name: "gen", version: "1" }] },
    components: [{ type: "application", author: "A, B", version: "", externalReferences: [{ type: "other" }] }],
  });
  expect(placesOf(conversion)).toEqual([
    "reworded /components/*/externalReferences/*/type",
    "reworded /components/*/type",
    "absent /metadata/tools/*/type",
  ]);
});

test("parts of XML that are not read are told", async () => {
  const xml = `<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components><component type="library"><name>a</name>
    <releaseNotes><type>major</type></releaseNotes></component></components></bom>`;
  expect(placesOf(await convertBom(Buffer.from(xml), { format: "json", specVersion: "1.6" }))).toEqual([
    "unread /components/component/releaseNotes",
  ]);
});
