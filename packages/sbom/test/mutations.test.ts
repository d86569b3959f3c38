/** Whatever is done to a BOM, reading ends soon, in a model or in a BomError. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BomError, readBom } from "../src/index.ts";
import { threadCpuMs } from "./cpu-time.ts";
import "./xml-schemas.ts";

const seed = Number(process.env.SEED ?? 20_261_123);
const hangMs = 5000;
const original = readFileSync(join(import.meta.dirname, "../fixtures/full-1.6.cdx.json"));
const oddValues = [
  null,
  true,
  -1,
  1e308,
  0.5,
  "",
  "\u0000",
  "\ud800",
  "x".repeat(5000),
  [],
  [[]],
  {},
  [null],
  { "bom-ref": 1 },
];

test(`500 byte mutations end in a model or a BomError (seed ${seed})`, () => {
  const edit = fc.record({ at: fc.nat(original.length), remove: fc.nat(40), insert: fc.uint8Array({ maxLength: 6 }) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let bytes: Uint8Array = original;
      for (const { at, remove, insert } of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
      }
      readsOrRefuses(bytes);
    }),
    { seed, numRuns: 500 },
  );
});

test(`1,000 structural mutations end in a model or a BomError (seed ${seed})`, () => {
  const edit = fc.record({
    which: fc.nat(),
    value: fc.constantFrom(...oddValues),
    how: fc.constantFrom("replace", "remove", "repeat", "rename"),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
      const document = JSON.parse(original.toString()) as object;
      for (const { which, value, how } of edits) mutate(document, which, value, how);
      readsOrRefuses(Buffer.from(JSON.stringify(document)));
    }),
    { seed, numRuns: 1000 },
  );
}, 120_000);

function readsOrRefuses(bytes: Uint8Array): void {
  for (const validate of [true, false]) {
    const startedMs = threadCpuMs();
    try {
      const bom = readBom(bytes, { validate });
      expect(bom.components.every((component) => component.name.length > 0)).toBe(true);
      expect(JSON.stringify(bom)).not.toContain("\\u0000");
    } catch (error) {
      if (!(error instanceof BomError)) throw error;
      expect(error.problems.length).toBeGreaterThan(0);
    }
    expect(threadCpuMs() - startedMs).toBeLessThan(hangMs);
  }
}

function mutate(document: object, which: number, value: unknown, how: string): void {
  const places = [...placesIn(document)];
  const place = places[which % places.length];
  if (place === undefined) return;
  const { holder, name } = place;
  if (how === "replace") holder[name] = value;
  else if (how === "remove") delete holder[name];
  else if (how === "repeat") holder[name] = [holder[name], holder[name]];
  else holder[`${name}x`] = holder[name];
}

function* placesIn(node: unknown): Generator<{ holder: Record<string, unknown>; name: string }> {
  if (typeof node !== "object" || node === null) return;
  const holder = node as Record<string, unknown>;
  for (const name of Object.keys(holder)) {
    yield { holder, name };
    yield* placesIn(holder[name]);
  }
}
