import { expect, test } from "vitest";
import { backOffMs, RETRY_RULES, retryAfterMs, withRetries } from "./retry.ts";

const QUICK = { attemptsMax: 3, delayFirstMs: 1, delayMaxMs: 2, totalMaxMs: 1_000 };

test("the wait doubles, is jittered, and never exceeds its maximum", () => {
  expect(backOffMs(1, RETRY_RULES, 0)).toBe(150);
  expect(backOffMs(1, RETRY_RULES, 1)).toBe(300);
  expect(backOffMs(3, RETRY_RULES, 1)).toBe(1_200);
  expect(backOffMs(50, RETRY_RULES, 1)).toBe(RETRY_RULES.delayMaxMs);
});

test("Retry-After is read as seconds or as a date, and bounded", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("2", now)).toBe(2_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:05 GMT", now)).toBe(5_000);
  expect(retryAfterMs("Thu, 01 Jan 2025 00:00:05 GMT", now)).toBe(0);
  expect(retryAfterMs("86400", now)).toBe(60_000);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(undefined, now)).toBeUndefined();
});

test("attempts end with the first value", async () => {
  const told: number[] = [];
  const attempt = async (number: number) =>
    number < 3 ? { failure: new Error("no"), reason: "no" } : { value: `attempt ${number}` };
  await expect(withRetries(attempt, QUICK, ({ attempt: number }) => told.push(number))).resolves.toBe("attempt 3");
  expect(told).toEqual([1, 2]);
});

test("attempts are bounded in number and the last failure is thrown", async () => {
  let attempts = 0;
  const attempt = async (number: number) => {
    attempts++;
    return { failure: new Error(`failure ${number}`), reason: "no" };
  };
  await expect(withRetries(attempt, QUICK, () => {})).rejects.toThrow("failure 3");
  expect(attempts).toBe(3);
});

test("no attempt begins after the total time", async () => {
  let attempts = 0;
  const attempt = async () => {
    attempts++;
    return { failure: new Error("busy"), reason: "busy", afterMs: 5_000 };
  };
  await expect(withRetries(attempt, QUICK, () => {})).rejects.toThrow("busy");
  expect(attempts).toBe(1);
});

test("the rules sit out an outage of a minute, whether the server asks for patience or nobody answers", () => {
  const waits = Array.from({ length: RETRY_RULES.attemptsMax - 1 }, (_, index) => backOffMs(index + 1, RETRY_RULES, 0));
  const shortestMs = waits.reduce((sum, wait) => sum + wait, 0);
  const asked = 5_000 * (RETRY_RULES.attemptsMax - 1);
  for (const totalMs of [shortestMs, asked]) expect(totalMs).toBeGreaterThan(75_000);
  expect(RETRY_RULES.totalMaxMs).toBeGreaterThan(75_000);
});

test("what the server asked for is waited for, and at most a fifth more", async () => {
  const delays: number[] = [];
  const attempt = async (number: number) =>
    number < 4 ? { failure: new Error("no"), reason: "no", afterMs: 20 } : { value: number };
  await withRetries(attempt, { ...QUICK, attemptsMax: 4 }, ({ delayMs }) => delays.push(delayMs));
  expect(delays).toHaveLength(3);
  for (const delayMs of delays) expect(delayMs >= 20 && delayMs <= 24).toBe(true);
});
