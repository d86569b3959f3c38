import { expect, test } from "vitest";
import { etaMs, rowsLeft } from "./progress.ts";

const running = { status: "RUNNING", rows_done: 250, rows_estimated: 1000, speed_rows_per_s: 50 } as const;

test("what is left follows the estimate, is never negative, and nothing when it is done", () => {
  expect(rowsLeft(running)).toBe(750);
  expect(rowsLeft({ ...running, rows_done: 1200 })).toBe(0);
  expect(rowsLeft({ ...running, status: "DONE" })).toBe(0);
});

test("an end is told only while it goes on", () => {
  expect(etaMs(running)).toBe(15_000);
  expect(etaMs({ ...running, status: "PAUSED" })).toBeUndefined();
  expect(etaMs({ ...running, speed_rows_per_s: null })).toBeUndefined();
  expect(etaMs({ ...running, speed_rows_per_s: 0 })).toBeUndefined();
});
