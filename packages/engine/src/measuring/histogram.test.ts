import { expect, test } from "vitest";
import { seededRandom } from "../testing/index.ts";
import { Histogram, LATENCY_BOUNDS_MS } from "./histogram.ts";

test("a value belongs to the first bucket whose bound it does not exceed, the largest to the last one", () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [0, 1, 1.1, 10, 10.1, 1e9]) histogram.observe(value);
  expect(histogram.snapshot()).toEqual({ bounds: [1, 10], counts: [2, 2, 2], count: 6, sum: 1_000_000_022.2 });
});

test("nothing is lost: buckets sum up to the count, whatever is observed", () => {
  const random = seededRandom();
  const histogram = new Histogram();
  const values = Array.from({ length: 5000 }, () => 10 ** (random() * 9 - 1));
  for (const value of values) histogram.observe(value);
  const { counts, count, sum } = histogram.snapshot();
  expect(counts.reduce((total, each) => total + each, 0)).toBe(values.length);
  expect(count).toBe(values.length);
  expect(sum).toBeCloseTo(
    values.reduce((total, each) => total + each, 0),
    0,
  );
  expect(counts[0]).toBe(values.filter((value) => value <= (LATENCY_BOUNDS_MS[0] ?? 0)).length);
});
