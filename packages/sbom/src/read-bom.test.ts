import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { threadCpuMs } from "../test/cpu-time.ts";
import type { Bom } from "./bom.ts";
import { BomError } from "./bom-error.ts";
import { detectFormat, readBom, validateBom } from "./read-bom.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const head = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1 };
const library = { type: "library", name: "a" };

describe("reading", () => {
  const bom = readFixture("full-1.6.cdx.json");

  test("the head says what the document says about itself", () => {
    expect(bom).toMatchObject({
      format: "CycloneDX",
      specVersion: "1.6",
      serialNumber: "6f1e4b0c-1c3f-4b43-9a4e-0a1c1b6c5f10",
      version: 3,
      timestamp: "2026-03-01T10:30:00.000Z",
      notes: [],
    });
    expect(bom.metadata).toMatchObject({
      component: { bomRef: "shop", type: "APPLICATION", name: "shop", version: "1.0.0" },
      authors: [{ name: "Ada Writer", email: "ada@example.org", phone: "+49 30 1" }],
      supplier: { name: "Example Supplies", urls: ["https://supplies.example.org"], contacts: [{ name: "Sam" }] },
      manufacturer: { name: "Example Works", urls: [], contacts: [] },
      tools: [
        { kind: "component", group: "org.example", name: "bomber", version: "2.0" },
        { kind: "service", name: "bom-service" },
      ],
    });
  });

  test("the inventory is flat, children first, with the subject's children before all others", () => {
    const refs = ["shop-core", "web-json-file", "web-json", "web-os", "web", "key"];
    expect(bom.components.map((component) => component.bomRef)).toEqual(refs);
    expect(bom.services.map((service) => service.bomRef)).toEqual(["pay-audit", "pay"]);
    expect(bom.dependencies).toEqual([
      { ref: "shop", dependsOn: ["web", "pay"] },
      { ref: "web", dependsOn: [] },
    ]);
  });

  test("every member of a component is mapped", () => {
    expect(bom.components.find((component) => component.bomRef === "web")).toEqual({
      bomRef: "web",
      type: "FRAMEWORK",
      group: "org.example",
      name: "web",
      version: "4.2.1",
      description: "Serves pages",
      publisher: "Example Press",
      copyright: "Example Works",
      cpe: "cpe:2.3:a:example:web:4.2.1:*:*:*:*:*:*:*",
      purl: "pkg:maven/org.example/web@4.2.1?type=jar",
      swidTagId: "swid-web",
      scope: "REQUIRED",
      authors: [{ name: "First Author" }, { name: "Second Author" }],
      supplier: { name: "Example Supplies", urls: [], contacts: [] },
      licenses: [
        {
          kind: "id",
          value: "Apache-2.0",
          url: "https://www.apache.org/licenses/LICENSE-2.0",
          text: { content: "long" },
        },
        { kind: "name", value: "House licence" },
      ],
      hashes: {
        md5: "0123456789abcdef0123456789abcdef",
        sha1: "0123456789abcdef0123456789abcdef01234567",
        sha3_256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        blake2b_256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        blake3: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      },
      externalReferences: [{ type: "vcs", url: "https://example.org/web.git", comment: "mirror" }],
      properties: [{ group: "build", name: "path:file", value: "a" }, { name: "plain" }],
      occurrences: [{ location: "lib/web.jar", line: 7, offset: 12, symbol: "main" }],
    });
  });

  test("an empty name becomes a dash, types with dashes become classifiers", () => {
    expect(bom.components.at(-1)).toMatchObject({ name: "-", type: "CRYPTOGRAPHIC_ASSET", licenses: [], hashes: {} });
    expect(bom.components[3]?.type).toBe("OPERATING_SYSTEM");
  });

  test("every member of a service is mapped", () => {
    expect(bom.services.at(-1)).toEqual({
      bomRef: "pay",
      group: "org.example",
      name: "pay",
      version: "9",
      description: "Takes money",
      authenticated: true,
      crossesTrustBoundary: false,
      provider: { name: "Example Bank", urls: [], contacts: [] },
      data: [{ name: "PII", direction: "BI_DIRECTIONAL" }],
      endpoints: ["https://pay.example.org"],
      externalReferences: [],
    });
  });

  test("in 1.7 licences stand before expressions, and old manufacturers and tools are still understood", () => {
    const { components, metadata, version } = readFixture("licenses-1.7.cdx.json");
    expect(components[0]?.licenses).toEqual([
      { kind: "id", value: "ISC" },
      {
        kind: "expression",
        value: "(MIT OR BSD-3-Clause) AND Apache-2.0",
        details: [{ identifier: "MIT", url: "https://example.org/mit" }],
      },
    ]);
    expect(metadata.manufacturer?.name).toBe("Old Works");
    expect(metadata.tools).toEqual([{ kind: "tool", vendor: "Example", name: "bomber", version: "1" }]);
    expect(version).toBe(1);
  });

  test("texts that PostgreSQL cannot store are cleaned", () => {
    const component = { ...library, description: "a\u0000b\ud800c", version: " \u0000 " };
    const [read] = readBom(json({ ...head, components: [component] }), { validate: true }).components;
    expect(read?.description).toBe("ab\ufffdc");
    expect(read).not.toHaveProperty("version");
  });
});

describe("refusing", () => {
  test.each([
    ["an empty document", "", "not-json"],
    ["text that is no document", "hello", "not-json"],
    ["text behind the document", `${JSON.stringify(head)} x`, "not-json"],
    ["a list", "[]", "not-cyclonedx"],
    ["another bomFormat", '{"bomFormat":"SPDX","specVersion":"1.6"}', "not-cyclonedx"],
    ["SPDX", '{"spdxVersion":"SPDX-2.3"}', "not-cyclonedx"],
    ["JSON of version 1.1", '{"bomFormat":"CycloneDX","specVersion":"1.1"}', "unsupported-version"],
    ["an unknown version", '{"bomFormat":"CycloneDX","specVersion":"2.0"}', "unsupported-version"],
    ["a version that is a number", '{"bomFormat":"CycloneDX","specVersion":1.6}', "unsupported-version"],
    ["nesting of 10,000 levels", `{"specVersion":"1.6","a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, "too-deep"],
    ["nesting without end", '{"a":'.repeat(1_000_000), "too-deep"],
  ])("%s is refused whether validated or not", (_, text, code) => {
    for (const validate of [true, false]) expect(errorOf(text, validate)).toMatchObject({ name: "BomError", code });
    expect(() => detectFormat(Buffer.from(text))).toThrow(BomError);
  });

  test("an unknown version is named", () => {
    expect(errorOf('{"bomFormat":"CycloneDX","specVersion":"2.0"}', true)?.message).toContain('"2.0" is not known');
  });

  test("a truncated document is refused with line, column and offset", () => {
    const error = errorOf('{\n  "specVersion": "1.6",\n  "components": [{"name": "unfin', true);
    expect(error).toMatchObject({ code: "not-json", place: { line: 3, column: 33, offset: 58 } });
    expect(error?.message).toContain("line 3, column 33 (byte 58)");
  });

  test("a document over the size limit is refused before it is read", () => {
    const error = catchError(() => readBom(json(head), { validate: false, limits: { sizeMaxBytes: 10 } }));
    expect(error).toMatchObject({ code: "too-large" });
  });

  test("faults against the schema are listed with JSON pointers, up to the limit", () => {
    const components = Array.from({ length: 500 }, (_, i) => ({ type: "bogus", name: `n${i}`, scope: 1 }));
    const error = catchError(() =>
      readBom(json({ ...head, components }), { validate: true, limits: { problemsMax: 7 } }),
    );
    expect(error).toMatchObject({ code: "schema" });
    expect(error?.problems).toHaveLength(7);
    const problem = error?.problems.find(({ path }) => path === "/components/2/type");
    expect(problem?.message).toContain('"bogus" is not allowed here; allowed: application');
  });

  test("faults outside of lists, and lists that are none, are found too", () => {
    expect(errorOf(JSON.stringify({ ...head, serialNumber: "x" }), true)?.problems[0]?.path).toBe("/serialNumber");
    expect(errorOf(JSON.stringify({ ...head, components: {} }), true)?.problems[0]?.path).toBe("/components");
    expect(errorOf(JSON.stringify({ ...head, "no/such": 1 }), true)?.problems[0]?.path).toBe("/no~1such");
  });

  test.each(["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])("members that %s does not know are refused", (specVersion) => {
    const document = { ...head, specVersion, components: [{ ...library, version: "1", nonsense: 1 }] };
    expect(errorOf(JSON.stringify(document), true)?.problems).toMatchObject([{ path: "/components/0/nonsense" }]);
  });

  test("equal entries of a list are refused, named or not", () => {
    const named = { ...library, "bom-ref": "a" };
    for (const components of [
      [library, library],
      [named, named],
      [library, named, library],
    ]) {
      expect(errorOf(JSON.stringify({ ...head, components }), true)).toMatchObject({ code: "schema" });
    }
  });

  test("a bom-ref for two different components is refused, however deep they are", () => {
    const nested = { type: "library", name: "p", components: [{ type: "library", name: "b", "bom-ref": "x" }] };
    const error = errorOf(JSON.stringify({ ...head, components: [{ ...library, "bom-ref": "x" }, nested] }), true);
    expect(error).toMatchObject({
      code: "duplicate-bom-ref",
      problems: [{ path: "/components/1/components/0/bom-ref" }],
    });
  });

  test("an overlong e-mail address is refused at once", () => {
    const document = { ...head, metadata: { authors: [{ email: `${"a.".repeat(100_000)}@example.org` }] } };
    const startedMs = threadCpuMs();
    expect(errorOf(JSON.stringify(document), true)?.problems[0]?.path).toBe("/metadata/authors/0/email");
    expect(threadCpuMs() - startedMs).toBeLessThan(2000);
  });
});

describe("tolerating", () => {
  test("the same component under the same bom-ref in two places is accepted and noted", () => {
    const component = { ...library, "bom-ref": "x" };
    const subject = { type: "application", name: "s", components: [component] };
    const document = { ...head, metadata: { component: subject }, components: [{ ...component, scope: "optional" }] };
    const bom = readBom(json(document), { validate: true });
    expect(bom.components).toHaveLength(2);
    expect(bom.notes).toMatchObject([{ code: "duplicate-bom-ref", path: "/components/0/bom-ref" }]);
  });

  test("a generator that repeats its own bom-ref in an annotation is accepted", () => {
    const tool = { type: "application", name: "t", "bom-ref": "t" };
    const annotation = {
      subjects: ["x"],
      annotator: { component: tool },
      timestamp: "2026-01-01T00:00:00Z",
      text: "x",
    };
    const document = { ...head, metadata: { tools: { components: [tool] } }, annotations: [annotation] };
    expect(validateBom(json(document))).toEqual({ format: "json", specVersion: "1.6" });
  });

  test("without validation everything that can be understood is read, and the rest is noted", () => {
    const odd = {
      specVersion: "1.6",
      version: "x",
      metadata: [],
      services: [1],
      components: [7, { hashes: [{ alg: "CRC", content: "1" }] }],
    };
    const bom = readBom(json(odd), { validate: false });
    expect(bom.components).toMatchObject([{ name: "-", type: "LIBRARY", hashes: {} }]);
    expect(bom.notes.map((note) => note.code)).toEqual([
      "missing-bom-format",
      "entry-ignored",
      "entry-ignored",
      "unknown-hash-algorithm",
    ]);
  });

  test("notes are capped, and say how many are missing", () => {
    const document = { ...head, components: new Array(50).fill(1) };
    const { notes } = readBom(json(document), { validate: false, limits: { notesMax: 3 } });
    expect(notes).toHaveLength(4);
    expect(notes.at(-1)).toMatchObject({ code: "more-notes", message: "47 further notes were left out" });
  });

  test("a byte order mark and UTF-16 make no difference", () => {
    const text = `\uFEFF${JSON.stringify({ ...head, components: [library] })}`;
    for (const bytes of [Buffer.from(text), Buffer.from(text, "utf16le")]) {
      expect(readBom(bytes, { validate: true }).components).toHaveLength(1);
    }
  });

  test("of repeated members the last one counts", () => {
    const text = '{"specVersion":"1.6","components":[{"name":"first"}],"components":[{"name":"last"}]}';
    expect(readBom(Buffer.from(text), { validate: false }).components.map(({ name }) => name)).toEqual(["last"]);
  });
});

function readFixture(file: string): Bom {
  return readBom(readFileSync(join(fixtures, file)), { validate: true });
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function errorOf(text: string, validate: boolean): BomError | undefined {
  return catchError(() => readBom(Buffer.from(text), { validate }));
}

function catchError(work: () => unknown): BomError | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof BomError) return error;
    throw error;
  }
  return undefined;
}
