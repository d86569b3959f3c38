import { describe, expect, it } from "vitest";
import { isRateLimited, waitMsOf } from "./github-limits.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const usedUp = (reset: number) => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${reset}` });

describe("limits of GitHub's API", () => {
  it.each([
    ["seconds", { "retry-after": "7" }, 7_000],
    ["a date", { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
    ["Retry-After before the reset", { "retry-after": "7", ...usedUp(NOW_MS / 1000 + 900) }, 7_000],
    ["the reset", usedUp(NOW_MS / 1000 + 900), 900_000],
    ["a reset in the past", usedUp(NOW_MS / 1000 - 900), 1_000],
    ["an hour at most", { "retry-after": "86400" }, 3_600_000],
    ["a minute where nothing is said", {}, 60_000],
    ["a minute where it is nonsense", { "retry-after": "soon" }, 60_000],
    ["a minute where something is left", { ...usedUp(NOW_MS / 1000 + 9), "x-ratelimit-remaining": "5" }, 60_000],
  ])("wait: %s", (_name, headers, waitMs) => {
    expect(waitMsOf(headers, NOW_MS)).toBe(waitMs);
  });

  it("a refusal is told from a limit that is reached", () => {
    expect(isRateLimited(429, {}, "")).toBe(true);
    expect(isRateLimited(403, { "retry-after": "1" }, "")).toBe(true);
    expect(isRateLimited(403, usedUp(0), "")).toBe(true);
    expect(isRateLimited(403, {}, "You have exceeded a secondary rate limit")).toBe(true);
    expect(isRateLimited(403, { "x-ratelimit-remaining": "12" }, "Resource not accessible")).toBe(false);
    expect(isRateLimited(401, { "retry-after": "1" }, "rate limit")).toBe(false);
  });
});
