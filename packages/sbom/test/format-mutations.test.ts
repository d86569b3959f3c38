/** As mutations.test.ts, for XML and protobuf: whatever is done to a BOM, reading ends soon, in a model or in a BomError. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { BomError, readBom, validateBom } from "../src/index.ts";
import { threadCpuMs } from "./cpu-time.ts";
import { protobufMessage, type TestField } from "./protobuf-bytes.ts";
import "./xml-schemas.ts";

const seed = Number(process.env.SEED ?? 20_261_123);
const hangMs = 10_000;
const xml = readFileSync(join(import.meta.dirname, "../fixtures/full-1.6.cdx.xml"));
const protobuf = protobufMessage([
  [1, "1.6"],
  [3, "urn:uuid:6f1e4b0c-1c3f-4b43-9a4e-0a1c1b6c5f10"],
  [
    4,
    [
      [1, [[1, 1_772_361_000]]],
      [
        2,
        [
          [
            6,
            [
              [1, 1],
              [8, "bomber"],
            ],
          ],
        ],
      ],
    ],
  ],
  [
    5,
    [
      [1, 3],
      [3, "web"],
      [8, "web"],
      [13, [[1, [[1, "MIT"]]]]],
      [
        21,
        [
          [1, 6],
          [8, "file"],
        ],
      ],
      [
        22,
        [
          [1, "a"],
          [2, "b"],
        ],
      ],
    ],
  ],
  [
    6,
    [
      [1, "pay"],
      [4, "pay"],
      [
        10,
        [
          [1, 3],
          [2, "PII"],
        ],
      ],
    ],
  ],
  [
    8,
    [
      [1, "web"],
      [2, [[1, "pay"]]],
    ],
  ],
  [
    10,
    [
      [2, "CVE-2026-1"],
      [6, Buffer.from([79])],
      [17, [[1, "web"]]],
    ],
  ],
] satisfies TestField[]);
const tokens = [
  "<",
  ">",
  "</",
  "/>",
  "&",
  "&#0;",
  "&#x10FFFF;",
  "]]>",
  "<!--",
  "-->",
  "<![CDATA[",
  "<?xml version='1.0'?>",
  "<!DOCTYPE a>",
  " xmlns='x'",
  " xmlns:a=''",
  "a:",
  "\u0000",
  "\ufffe",
  "\r",
  "1e999",
  "<components>",
  "<component/>",
  "</components>",
  " bom-ref='web'",
];
const outcomes = new Map<string, number>();

afterAll(() => console.log(Object.fromEntries(outcomes)));

test.each([
  ["XML", xml],
  ["protobuf", protobuf],
])(
  `500 byte mutations of %s end in a model or a BomError (seed ${seed})`,
  (_, original) => {
    const edit = fc.record({
      at: fc.nat(original.length),
      remove: fc.nat(40),
      insert: fc.uint8Array({ maxLength: 6 }),
    });
    check(fc.array(edit, { minLength: 1, maxLength: 3 }), 500, (edits) =>
      edits.reduce<Uint8Array>((bytes, { at, remove, insert }) => splice(bytes, at, remove, insert), original),
    );
  },
  240_000,
);

test(`500 mutations of the structure of XML end in a model or a BomError (seed ${seed})`, () => {
  const places = [...xml.toString().matchAll(/<[^>]*>|[^<>]+/g)].map(({ index, 0: { length } }) => ({ index, length }));
  const edit = fc.record({
    which: fc.nat(places.length - 1),
    other: fc.nat(places.length - 1),
    token: fc.constantFrom(...tokens),
    how: fc.constantFrom("insert", "remove", "swap", "repeat", "inside"),
  });
  check(fc.array(edit, { minLength: 1, maxLength: 3 }), 500, (edits) => {
    let bytes: Uint8Array = xml;
    for (const { which, other, token, how } of edits) {
      const { index, length } = places[which] ?? { index: 0, length: 0 };
      const from = places[other] ?? { index: 0, length: 0 };
      const copy = xml.subarray(from.index, from.index + from.length);
      if (how === "insert") bytes = splice(bytes, index, 0, Buffer.from(token));
      else if (how === "remove") bytes = splice(bytes, index, length, Buffer.alloc(0));
      else if (how === "swap") bytes = splice(bytes, index, length, copy);
      else if (how === "repeat") bytes = splice(bytes, index, 0, copy);
      else bytes = splice(bytes, index + (length >> 1), 0, Buffer.from(token));
    }
    return bytes;
  });
}, 240_000);

test("bombs and oddities of every format are refused soon, or read", () => {
  const bom = (body: string) => `<bom xmlns="http://cyclonedx.org/schema/bom/1.6">${body}</bom>`;
  const wide = "<a/>".repeat(300_000);
  const documents: (string | Uint8Array)[] = [
    `<!DOCTYPE x [${"<!ENTITY a 'b'>".repeat(100_000)}]>${bom("")}`,
    bom("<components>".repeat(200_000)),
    bom(`<components>${wide}</components>`),
    bom(wide),
    bom(`<metadata>${wide}</metadata>`),
    bom(`<components><component type="library"><name>${"x".repeat(10_000_000)}</name></component></components>`),
    bom(`<components><component ${Array.from({ length: 5_000 }, (_, i) => `a${i}="1"`).join(" ")}/></components>`),
    bom(`<x ${Array.from({ length: 500 }, (_, i) => `xmlns:a${i}="u"`).join(" ")}/>`),
    bom(`<components>${"<b xmlns='u'/>".repeat(200_000)}</components>`),
    bom(`<!--${"-".repeat(5_000_000)}-->`),
    bom(`<components>${"&amp;".repeat(2_000_000)}</components>`),
    `<${"a".repeat(5_000_000)}/>`,
    `<?xml version="1.0" encoding="${"a".repeat(150)}"?>${bom("")}`,
    Buffer.from(`\uFEFF${bom(wide)}`, "utf16le"),
    protobufMessage([[1, "1.6"], ...Array.from({ length: 200_000 }, (): TestField => [5, []])]),
    protobufMessage([[1, "1.6"], ...Array.from({ length: 300_000 }, (): TestField => [99, 1])]),
    protobufMessage([
      [1, "1.6"],
      [10, [[6, Buffer.alloc(3_000_000, 1)]]],
    ]),
  ];
  for (const document of documents) readsOrRefuses(typeof document === "string" ? Buffer.from(document) : document);
}, 240_000);

test("memory that libxml2 took is used again, document after document", () => {
  const document = Buffer.from(
    `<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>${Array.from({ length: 3_000 }, (_, i) => `<component type="library"><name>n${i}</name></component>`).join("")}</components></bom>`,
  );
  const broken = Buffer.from(document.toString().replaceAll("library", "nonsense"));
  const work = () => {
    validateBom(document);
    expect(() => validateBom(broken)).toThrow(BomError);
  };
  for (let i = 0; i < 3; i++) work();
  const before = process.memoryUsage().external;
  for (let i = 0; i < 20; i++) work();
  expect(process.memoryUsage().external - before).toBeLessThan(20 * 1024 * 1024);
}, 240_000);

function check<T>(edits: fc.Arbitrary<T>, runs: number, mutate: (edits: T) => Uint8Array): void {
  fc.assert(
    fc.property(edits, (chosen) => readsOrRefuses(mutate(chosen))),
    { seed, numRuns: runs },
  );
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

function readsOrRefuses(bytes: Uint8Array): void {
  for (const validate of [true, false]) {
    const startedMs = threadCpuMs();
    let outcome = "read";
    try {
      const bom = readBom(bytes, { validate });
      expect(bom.components.every((component) => component.name.length > 0)).toBe(true);
      expect(JSON.stringify(bom)).not.toContain("\\u0000");
    } catch (error) {
      if (!(error instanceof BomError)) throw error;
      expect(error.problems.length).toBeGreaterThan(0);
      outcome = error.code;
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    expect(threadCpuMs() - startedMs, `time for ${Buffer.from(bytes.subarray(0, 60)).toString()}`).toBeLessThan(hangMs);
  }
}
