import { expect, test } from "vitest";
import { sortByReferences } from "./load-order.ts";

const tables = (...names: string[]) => names.map((name) => ({ name }));
const order = (names: string[], ...references: [from: string, to: string][]) =>
  sortByReferences(
    tables(...names),
    references.map(([from, to]) => ({ from, to })),
  ).map(({ name }) => name);

test("what is referred to comes first", () => {
  expect(order(["a", "b", "c"], ["a", "b"], ["b", "c"])).toEqual(["c", "b", "a"]);
  expect(order(["a", "b"], ["a", "elsewhere"])).toEqual(["a", "b"]);
});

test("a circle is told, with the tables in it", () => {
  expect(() => order(["a", "b", "c"], ["a", "b"], ["b", "a"])).toThrow(/circle: a, b/);
});
