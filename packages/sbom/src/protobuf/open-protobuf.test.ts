import { describe, expect, test } from "vitest";
import { protobufMessage, type TestField } from "../../test/protobuf-bytes.ts";
import { BomError } from "../bom-error.ts";
import { detectFormat, readBom, validateBom } from "../read-bom.ts";

const library: TestField = [1, 3];

describe("reading", () => {
  test("a BOM in protobuf says what the same BOM in JSON says", () => {
    // biome-ignore format: a message per line
    const protobuf = protobufMessage([
      [1, "1.6"],
      [2, 4],
      [3, "urn:uuid:6f1e4b0c-1c3f-4b43-9a4e-0a1c1b6c5f10"],
      [4, [
        [1, [[1, 1_772_361_000], [2, 500_000_000]]],
        [2, [[6, [[1, 1], [8, "bomber"]]]]],
        [4, [[1, 1], [3, "shop"], [8, "shop"]]],
      ]],
      [5, [
        library, [3, "web"], [8, "web"], [9, "1"], [11, 1], [16, "pkg:npm/web@1"],
        [12, [[1, 3], [2, "ab".repeat(32)]]],
        [13, [[1, [[1, "MIT"], [8, 1]]]]],
        [13, [[2, "MIT OR ISC"]]],
        [20, [[2, "https://example.org"]]],
        [21, [[1, 6], [8, "file"]]],
        [22, [[1, "a:b"], [2, "c"]]],
        [23, [[4, [[2, "lib"], [3, 7]]]]],
      ]],
      [6, [[1, "pay"], [4, "pay"], [8, 1], [10, [[1, 3], [2, "PII"]]]]],
      [8, [[1, "shop"], [2, [[1, "web"]]], [2, [[1, "pay"]]]]],
      [10, [
        [2, "CVE-2026-1"],
        [5, [[2, { double: 7.5 }], [4, 3]]],
        [6, Buffer.from([79, 80])],
        [16, [[1, 6], [3, Buffer.from([1, 3])]]],
        [17, [[1, "web"], [2, [[1, "1"], [3, 1]]]]],
      ]],
    ]);
    const json = {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 4,
      serialNumber: "urn:uuid:6f1e4b0c-1c3f-4b43-9a4e-0a1c1b6c5f10",
      metadata: {
        timestamp: "2026-03-01T10:30:00.500Z",
        tools: { components: [{ type: "application", name: "bomber" }] },
        component: { type: "application", "bom-ref": "shop", name: "shop" },
      },
      components: [
        {
          type: "library",
          "bom-ref": "web",
          name: "web",
          version: "1",
          scope: "required",
          hashes: [{ alg: "SHA-256", content: "ab".repeat(32) }],
          licenses: [{ license: { id: "MIT", acknowledgement: "declared" } }, { expression: "MIT OR ISC" }],
          purl: "pkg:npm/web@1",
          externalReferences: [{ type: "other", url: "https://example.org" }],
          components: [{ type: "file", name: "file" }],
          properties: [{ name: "a:b", value: "c" }],
          evidence: { occurrences: [{ location: "lib", line: 7 }] },
        },
      ],
      services: [
        {
          "bom-ref": "pay",
          name: "pay",
          authenticated: true,
          data: [{ flow: "bi-directional", classification: "PII" }],
        },
      ],
      dependencies: [{ ref: "shop", dependsOn: ["web", "pay"] }],
      vulnerabilities: [
        {
          id: "CVE-2026-1",
          ratings: [{ score: 7.5, method: "CVSSv31" }],
          cwes: [79, 80],
          analysis: { state: "not_affected", response: ["can_not_fix", "update"] },
          affects: [{ ref: "web", versions: [{ version: "1", status: "affected" }] }],
        },
      ],
    };
    const fromProtobuf = readBom(protobuf, { validate: false });
    expect(fromProtobuf).toEqual(readBom(Buffer.from(JSON.stringify(json)), { validate: false }));
    expect(fromProtobuf.components).toHaveLength(2);
    expect(fromProtobuf.notes).toEqual([]);
  });

  test("old tools are a list, unknown fields are skipped, unknown numbers are noted", () => {
    const bytes = protobufMessage([
      [1, "1.3"],
      [
        4,
        [
          [
            2,
            [
              [1, "v"],
              [2, "n"],
            ],
          ],
          [2, [[2, "m"]]],
        ],
      ],
      [
        5,
        [
          [1, 99],
          [8, "a"],
          [900, "new"],
        ],
      ],
      [77, 5],
    ]);
    const bom = readBom(bytes, { validate: false });
    expect(bom.metadata.tools).toMatchObject([{ kind: "tool", vendor: "v", name: "n" }, { name: "m" }]);
    expect(bom.components).toMatchObject([{ name: "a", type: "LIBRARY" }]);
    expect(bom.notes).toMatchObject([{ code: "unknown-type", path: "/components/0/type" }]);
    expect(() => validateBom(bytes)).toThrow("/components/0");
  });

  test("the format is told by the first field", () => {
    expect(detectFormat(protobufMessage([[1, "1.7"]]))).toEqual({ format: "protobuf", specVersion: "1.7" });
    expect(validateBom(protobufMessage([[1, "1.3"]]))).toEqual({ format: "protobuf", specVersion: "1.3" });
  });
});

describe("refusing", () => {
  const whole = protobufMessage([
    [1, "1.6"],
    [5, [library, [8, "a"]]],
  ]);
  test.each([
    ["an empty document", Buffer.alloc(0), "not-json"],
    ["a message without a version", protobufMessage([[2, 1]]), "not-json"],
    ["protobuf of 1.2, which there is not", protobufMessage([[1, "1.2"]]), "unsupported-version"],
    ["an unknown version", protobufMessage([[1, "9.9"]]), "unsupported-version"],
    ["a cut document", whole.subarray(0, -1), "not-protobuf"],
    [
      "a length beyond the end",
      Buffer.concat([protobufMessage([[1, "1.6"]]), Buffer.from([0x2a, 0xff, 0x7f])]),
      "not-protobuf",
    ],
    ["a number without end", Buffer.concat([protobufMessage([[1, "1.6"]]), Buffer.alloc(20, 0xff)]), "not-protobuf"],
    [
      "a component that is a number",
      protobufMessage([
        [1, "1.6"],
        [5, 3],
      ]),
      "not-protobuf",
    ],
    [
      "a text that is not UTF-8",
      protobufMessage([
        [1, "1.6"],
        [5, [[8, Buffer.from([0xff])]]],
      ]),
      "not-protobuf",
    ],
  ])("%s is refused whether validated or not", (_, bytes, code) => {
    for (const validate of [true, false]) expect(refusal(bytes, validate)).toMatchObject({ code });
  });

  test("deep nesting is refused", () => {
    let component = protobufMessage([[8, "x"]]);
    for (let i = 0; i < 2_000; i++) component = protobufMessage([[21, component]]);
    expect(
      refusal(
        protobufMessage([
          [1, "1.6"],
          [5, component],
        ]),
        false,
      ),
    ).toMatchObject({ code: "too-deep" });
  });

  test("an element too large to be read at once is refused", () => {
    const bytes = protobufMessage([
      [1, "1.6"],
      [5, Array.from({ length: 200 }, () => [30, "t"] as const)],
    ]);
    for (const limits of [{ pieceValuesMax: 100 }, { pieceMaxBytes: 100 }])
      expect(() => readBom(bytes, { validate: false, limits })).toThrow("an element too large");
  });

  test.each([
    ["a component without a name", [5, [library]], "/components/0"],
    ["a component without a type", [5, [[8, "a"]]], "/components/0"],
    ["a licence that is none", [5, [library, [8, "a"], [13, [[1, []]]]]], "/components/0/licenses"],
    ["a property without a name", [5, [library, [8, "a"], [22, [[2, "v"]]]]], "/components/0/properties/0"],
    ["a serial number that is none", [3, "7"], "/serialNumber"],
    [
      "a citation by nobody",
      [
        16,
        [
          [2, [[1, "/components/0"]]],
          [4, [[1, 1]]],
        ],
      ],
      "/citations/0",
    ],
  ] as [string, TestField, string][])("%s is not valid", (_, field, path) => {
    const error = refusal(protobufMessage([[1, "1.7"], field]), true);
    expect(error).toMatchObject({ code: "schema" });
    expect(error?.problems[0]?.path).toContain(path);
  });

  test("a bom-ref for two different components is refused", () => {
    const bytes = protobufMessage([
      [1, "1.6"],
      ...["a", "b"].map((name): TestField => [5, [library, [3, "ref"], [8, name]]]),
    ]);
    expect(refusal(bytes, true)).toMatchObject({ code: "duplicate-bom-ref" });
    expect(readBom(bytes, { validate: false }).notes).toMatchObject([{ code: "duplicate-bom-ref" }]);
  });
});

function refusal(bytes: Uint8Array, validate: boolean): BomError | undefined {
  try {
    readBom(bytes, { validate });
  } catch (error) {
    if (error instanceof BomError) return error;
    throw error;
  }
  return undefined;
}
