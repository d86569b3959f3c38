import { expect, test } from "vitest";
import { ACTIVITY_RETRY, retryDelayMs } from "./retry.ts";

test("activities wait 5 s, then half as long again each time, never more than 30 minutes, give or take 30 %", () => {
  expect([1, 2, 3, 6].map((attempt) => retryDelayMs(ACTIVITY_RETRY, attempt, 0.5))).toEqual([5000, 7500, 11250, 37969]);
  expect(retryDelayMs(ACTIVITY_RETRY, 1, 0)).toBe(3500);
  expect(retryDelayMs(ACTIVITY_RETRY, 1, 1)).toBe(6500);
  expect(retryDelayMs(ACTIVITY_RETRY, 100, 1)).toBe(1_800_000);
});
