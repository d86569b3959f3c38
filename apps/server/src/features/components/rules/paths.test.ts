import { describe, expect, test } from "vitest";
import { leadersTo, shortestPaths, withDependents } from "./paths.ts";

const graph = (direct: number[], edges: Record<number, number[]>) => ({
  direct,
  nodes: new Map(Object.entries(edges).map(([id, dependsOn]) => [Number(id), dependsOn])),
});

describe("ways to a component", () => {
  test("come shortest first, whichever way the project depends on it", () => {
    const { nodes, direct } = graph([1, 2, 5], { 1: [3], 2: [3, 5], 3: [4], 4: [5] });
    expect(shortestPaths({ nodes, direct }, 5, 10)).toEqual({
      paths: [[5], [2, 5], [2, 3, 4, 5], [1, 3, 4, 5]],
      truncated: false,
    });
  });

  test("end in cycles nowhere, and pass no node twice", () => {
    const found = shortestPaths(graph([1], { 1: [2], 2: [3, 1], 3: [2, 4], 4: [3] }), 4, 10);
    expect(found).toEqual({ paths: [[1, 2, 3, 4]], truncated: false });
  });

  test("there are none to what nothing leads to", () => {
    expect(shortestPaths(graph([1], { 1: [2], 3: [4] }), 4, 10)).toEqual({ paths: [], truncated: false });
  });

  test("are no more than asked for, and said to be more", () => {
    const many = graph([1, 2, 3], { 1: [9], 2: [9], 3: [9] });
    expect(shortestPaths(many, 9, 2)).toEqual({
      paths: [
        [1, 9],
        [2, 9],
      ],
      truncated: true,
    });
    expect(shortestPaths(many, 9, 3).truncated).toBe(false);
  });

  test("are looked for within bounds where there are more than anybody could count", () => {
    const layers = 40;
    const width = 10;
    const edges: Record<number, number[]> = {};
    const layer = (n: number) => Array.from({ length: width }, (_, at) => n * width + at);
    for (let n = 0; n < layers; n++)
      for (const id of layer(n)) edges[id] = [...layer(n + 1), ...layer(Math.max(n - 1, 0))];
    const found = shortestPaths(graph(layer(0), edges), layers * width, 50);
    expect(found.paths).toHaveLength(50);
    expect(new Set(found.paths.map((path) => path.length))).toEqual(new Set([layers + 1]));
    expect(found.truncated).toBe(true);
  });
});

test("what depends on something is found through cycles", () => {
  const { nodes } = graph([], { 1: [2], 2: [3], 3: [1], 4: [3], 5: [4], 6: [7] });
  expect([...withDependents(nodes, [3])].sort()).toEqual([1, 2, 3, 4, 5]);
});

describe("direct dependencies that lead to a component", () => {
  const { nodes, direct } = graph([1, 2, 3, 6], { 1: [4], 2: [3], 3: [5], 4: [5, 4], 5: [1], 6: [] });

  test("come nearest first, through cycles and through each other, without itself", () => {
    expect(leadersTo({ nodes, direct }, [5, 3, 6], 10)).toEqual(
      new Map([
        [5, { ids: [3, 2, 1], truncated: false }],
        [3, { ids: [2], truncated: false }],
        [6, { ids: [], truncated: false }],
      ]),
    );
  });

  test("are no more than asked for, and said to be more", () => {
    expect(leadersTo({ nodes, direct }, [5], 2).get(5)).toEqual({ ids: [3, 2], truncated: true });
    expect(leadersTo({ nodes, direct }, [5], 3).get(5)?.truncated).toBe(false);
  });

  test("are looked for within bounds, and what was not looked at is said", () => {
    const width = 1_500;
    const edges: Record<number, number[]> = { 0: [1] };
    const all = Array.from({ length: width }, (_, n) => n + 1);
    for (const id of all) edges[id] = all;
    const found = leadersTo(graph([0], edges), [7], 5);
    expect(found.get(7)?.truncated).toBe(true);
  });
});
