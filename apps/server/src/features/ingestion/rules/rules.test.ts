import type { BomComponent } from "@evertrack/sbom";
import { describe, expect, test } from "vitest";
import { KnownLicenses } from "../../licenses/rules/known-licenses.ts";
import { type ImportNote, normalizeComponent } from "./normalize.ts";
import { projectColumnsFrom } from "./project-from-bom.ts";
import { mustValidate } from "./validation-mode.ts";

const PLAIN: BomComponent = {
  type: "LIBRARY",
  name: "x",
  authors: [],
  licenses: [],
  hashes: {},
  externalReferences: [],
  properties: [],
  occurrences: [],
};

function normalized(component: Partial<BomComponent>) {
  const notes: ImportNote[] = [];
  const result = normalizeComponent(
    { ...PLAIN, ...component },
    { isInternal: () => false, licenses: new KnownLicenses([]) },
    (note) => void notes.push(note),
  );
  return { ...result, notes };
}

describe("a component of a BOM", () => {
  test("gets the canonical purl and the key its package is joined by", () => {
    expect(normalized({ purl: "pkg:pypi/Django_Rest@1.0?b=2&a=1#sub" })).toMatchObject({
      purl: "pkg:pypi/django-rest@1.0?a=1&b=2#sub",
      purlCoordinates: "pkg:pypi/django-rest@1.0",
      purlType: "pypi",
      packageKey: "pypi/django-rest",
      notes: [],
    });
  });

  test("loses a purl that is none, with a note that says where", () => {
    const { purl, packageKey, notes } = normalized({ purl: "http://x", version: "2" });
    expect([purl, packageKey]).toEqual([undefined, undefined]);
    expect(notes).toEqual([{ path: "x 2", message: expect.stringContaining("purl") }]);
  });

  test("is shortened where no index could hold it, never in the middle of a character", () => {
    const { name, notes } = normalized({ name: `${"a".repeat(1_999)}ü` });
    expect(name).toBe("a".repeat(1_999));
    expect(notes).toHaveLength(1);
  });

  test("takes the first named licence and the first expression; a single identifier is both", () => {
    const id = { kind: "id", value: "MIT", url: "u" } as const;
    const expression = { kind: "expression", value: "MIT OR Apache-2.0" } as const;
    expect(normalized({ licenses: [id, expression] })).toMatchObject({
      license: "MIT",
      licenseUrl: "u",
      licenseExpression: expression.value,
    });
    expect(normalized({ licenses: [expression] }).license).toBeUndefined();
    expect(normalized({ licenses: [{ kind: "expression", value: "ISC" }] })).toMatchObject({
      license: "ISC",
      licenseExpression: "ISC",
    });
  });

  test("keeps what exports give back: evidence, manufacturer, media type, whether it was modified, tags", () => {
    const said = {
      evidence: { licenses: [], copyright: ["(c) Ann"] },
      manufacturer: { name: "Maker", urls: [], contacts: [] },
      mimeType: "text/plain",
      modified: false,
      tags: ["x"],
    };
    expect(normalized({ ...PLAIN, ...said }).detail).toEqual(said);
    expect(normalized({ ...PLAIN, ...said, ...{ tags: [] } }).detail).not.toHaveProperty("tags");
  });

  test("keeps no empty details", () => {
    expect(normalized({}).detail).toEqual({});
  });
});

describe("validation", () => {
  const settings = { mode: "ENABLED", inclusiveTags: '["In"]', exclusiveTags: '["Ex"]' };
  const table: [Partial<typeof settings>, string[], boolean][] = [
    [{}, [], true],
    [{ mode: "DISABLED" }, ["in"], false],
    [{ mode: "ENABLED_FOR_TAGS" }, [], false],
    [{ mode: "ENABLED_FOR_TAGS" }, ["in"], true],
    [{ mode: "DISABLED_FOR_TAGS" }, [], true],
    [{ mode: "DISABLED_FOR_TAGS" }, ["ex"], false],
    [{ mode: "DISABLED_FOR_TAGS", exclusiveTags: "{" }, ["ex"], true],
    [{ mode: "ENABLED_FOR_TAGS", inclusiveTags: "{" }, ["in"], false],
    [{ mode: "something newer" }, [], true],
  ];
  test.each(table)("with %o and tags %o is wanted: %s", (changed, tags, wanted) => {
    expect(mustValidate({ ...settings, ...changed }, tags)).toBe(wanted);
  });
});

test("a BOM without a subject leaves what people said of the project", () => {
  const head = { format: "CycloneDX", specVersion: "1.6", version: 1, services: [] } as const;
  const columns = projectColumnsFrom({ ...head, services: [], metadata: { authors: [], tools: [] } });
  expect(Object.keys(columns).sort()).toEqual(["manufacturer", "metadata"]);
});
