import { expect, test } from "vitest";
import { flatten } from "./flatten.ts";

test("children come before their parent, siblings in document order, each with the pointer to its place", () => {
  const tree = {
    n: "root",
    kids: [{ n: "a", kids: [{ n: "a1" }, { n: "a2" }] }, { n: "b" }, { n: "c", kids: [{ n: "c1" }] }],
  };
  const flat = flatten(tree, "/x", "kids").map(({ path, value }) => [path, (value as { n: string }).n]);
  expect(flat).toEqual([
    ["/x/kids/0/kids/0", "a1"],
    ["/x/kids/0/kids/1", "a2"],
    ["/x/kids/0", "a"],
    ["/x/kids/1", "b"],
    ["/x/kids/2/kids/0", "c1"],
    ["/x/kids/2", "c"],
    ["/x", "root"],
  ]);
});

test("what is no list of children is left alone", () => {
  expect(flatten({ kids: "none" }, "", "kids")).toEqual([{ path: "", value: { kids: "none" } }]);
  expect(flatten(7, "", "kids")).toEqual([{ path: "", value: 7 }]);
});
