import fc from "fast-check";
import { expect, test } from "vitest";
import { outlineJson, parseElement, parseWithout, sizeWithout } from "./outline.ts";
import { JsonFault } from "./scan.ts";

const limits = { depthMax: 100, elementsMax: 1000, pieceValuesMax: 2000, pieceMaxBytes: 100_000 };
const seed = Number(process.env.SEED ?? 20_261_123);

test(`exactly the texts that JSON.parse accepts are outlined (seed ${seed})`, () => {
  const damaged = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", ",", "}", "]", '"', "\\", "0", ".", "e", "-", "tru", "\t", "\u0001", ":"),
    )
    .map(([text, at, insert]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + insert + text.slice(cut + (at % 3));
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json(), fc.string()), (text) => {
      expect(accepts(() => outlineJson(Buffer.from(text), limits))).toBe(accepts(() => JSON.parse(text)));
    }),
    { seed, numRuns: 3000 },
  );
});

test.each([
  "01",
  "-",
  "1.",
  ".5",
  "1e",
  "+1",
  "NaN",
  "nul",
  "[1,]",
  '{"a":1,}',
  "{a:1}",
  "'a'",
  '"\\x"',
  '"\u001f"',
  '"\u0000"',
  '"\\u12g4"',
  "1 2",
  "",
])("%j is refused as JSON.parse does", (text) => {
  expect(accepts(() => JSON.parse(text))).toBe(false);
  expect(accepts(() => outlineJson(Buffer.from(text), limits))).toBe(false);
});

test("elements parse alone to what they are in the whole", () => {
  const document = { list: [{ a: [1, 2] }, "x,]", null, -1.5e3, []], other: { list: [1] } };
  const bytes = Buffer.from(JSON.stringify(document, null, 2));
  const elements = outlineJson(bytes, limits)?.members.get("list")?.elements ?? [];
  expect(elements.length / 2).toBe(5);
  expect(document.list.map((_, i) => parseElement(bytes, elements, i))).toEqual(document.list);
});

test("the rest is the document with the named lists emptied, also when names repeat or are escaped", () => {
  const bytes = Buffer.from(String.raw`{"li\u0073t":[1,2],"a":{"list":[3]},"list": [ 4 ] ,"b":[5]}`);
  const outline = outlineJson(bytes, limits);
  expect(outline && parseWithout(outline, ["list", "absent"])).toEqual({ list: [], a: { list: [3] }, b: [5] });
});

test("nesting is bounded without recursion, and the place of the first level too deep is named", () => {
  const deep = Buffer.from("[".repeat(1_000_000));
  expect(() => outlineJson(deep, limits)).toThrow(expect.objectContaining({ kind: "too-deep", offset: 100 }));
  const members = Buffer.from(`{"a":${"[".repeat(99)}${"]".repeat(99)}}`);
  expect(outlineJson(members, limits)?.members.size).toBe(1);
  const oneMore = Buffer.from(`{"a":${"[".repeat(100)}${"]".repeat(100)}}`);
  expect(() => outlineJson(oneMore, limits)).toThrow(expect.objectContaining({ kind: "too-deep" }));
});

test("a list with too many elements is refused", () => {
  const bytes = Buffer.from(JSON.stringify({ list: new Array(1001).fill(0) }));
  expect(() => outlineJson(bytes, limits)).toThrow(expect.objectContaining({ kind: "too-many" }));
});

test("values and names are counted, per member and as a whole", () => {
  const bytes = Buffer.from('{"a":1,"list":[{"b":[2,3]},4],"c":{"d":{}}}');
  const outline = outlineJson(bytes, limits);
  expect([...(outline?.members.values() ?? [])].map(({ values }) => values)).toEqual([1, 7, 3]);
  expect(outline?.values).toBe(14);
  expect(outline && sizeWithout(outline, ["list"]).values).toBe(7);
});

test("an element with too many values or bytes is refused at its place", () => {
  const values = Buffer.from(JSON.stringify({ list: [1, new Array(2000).fill(0)] }));
  expect(() => outlineJson(values, limits)).toThrow(expect.objectContaining({ kind: "too-many", offset: 11 }));
  const text = Buffer.from(JSON.stringify({ list: ["x".repeat(100_000)] }));
  expect(() => outlineJson(text, limits)).toThrow(expect.objectContaining({ kind: "too-many", offset: 9 }));
});

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof JsonFault || error instanceof SyntaxError) return false;
    throw error;
  }
}
