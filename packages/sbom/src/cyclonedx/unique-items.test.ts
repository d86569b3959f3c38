import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { threadCpuMs } from "../../test/cpu-time.ts";
import { canonicalJson, RepeatedElements, useHashedUniqueItems } from "./unique-items.ts";

const seed = Number(process.env.SEED ?? 20_261_123);

test(`the hashed uniqueItems agrees with AJV's own (seed ${seed})`, () => {
  const hashed = new Ajv({ strict: false });
  useHashedUniqueItems(hashed);
  const schema = { type: "array", uniqueItems: true };
  const [ours, theirs] = [hashed.compile(schema), new Ajv({ strict: false }).compile(schema)];
  const plain = { noNullPrototype: true };
  const leaf = fc.constantFrom(0, -0, 1, 1.5, "0", "a", null, "", false, true);
  const inner = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), leaf, plain),
  );
  const value = fc.oneof(
    inner,
    fc.array(inner, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b"), inner, plain),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), (list) => {
      expect(ours(list)).toBe(theirs(list));
    }),
    { seed, numRuns: 1000 },
  );
});

test("the order of members makes no difference, the order of entries does", () => {
  expect(canonicalJson({ b: 1, a: [1, 2] })).toBe(canonicalJson({ a: [1, 2], b: 1 }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

test("repeated elements are found whether they are named or not", () => {
  const list = [
    { "bom-ref": "a", n: 1 },
    { "bom-ref": "a", n: 2 },
    { n: 2, "bom-ref": "a" },
    { n: 1 },
    { n: 1 },
    { ref: "a", n: 1 },
    { "bom-ref": "b" },
    { "bom-ref": "b" },
    "a",
  ];
  const repeated = new RepeatedElements((index) => list[index]);
  const indexes = list.flatMap((element, index) => (repeated.repeats(element, index) ? [index] : []));
  expect(indexes).toEqual([2, 4, 7]);
});

test("ten thousand elements take a moment, not minutes", () => {
  const ajv = new Ajv({ strict: false });
  useHashedUniqueItems(ajv);
  const list = Array.from({ length: 10_000 }, (_, i) => ({ name: `component ${i}`, tags: [i] }));
  const startedMs = threadCpuMs();
  expect(ajv.validate({ type: "array", uniqueItems: true }, list)).toBe(true);
  expect(threadCpuMs() - startedMs).toBeLessThan(2000);
});
