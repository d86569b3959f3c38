/** Where a server says nothing else, its documentation asks for a minute. */
const UNSTATED_WAIT_MS = 60_000;
const WAIT_MIN_MS = 1_000;
/** The primary limit is counted by the hour. */
const WAIT_MAX_MS = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Whether an answer says that too much was asked, rather than that asking is forbidden (GitHub uses 403 for both). */
export function isRateLimited(status: number, headers: Headers, body: string): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return headers["retry-after"] !== undefined || isUsedUp(headers) || /rate limit/i.test(body);
}

/** How long to wait before asking again, in milliseconds: what Retry-After says, else until the limit is counted anew, else a minute. */
export function waitMsOf(headers: Headers, nowMs: number): number {
  const stated =
    retryAfterMs(headers["retry-after"], nowMs) ?? (isUsedUp(headers) ? resetMs(headers, nowMs) : undefined);
  return Math.min(Math.max(stated ?? UNSTATED_WAIT_MS, WAIT_MIN_MS), WAIT_MAX_MS);
}

function isUsedUp(headers: Headers): boolean {
  return headers["x-ratelimit-remaining"] === "0";
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const waitMs = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(waitMs) ? undefined : waitMs;
}

/** Seconds since 1970. */
function resetMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers["x-ratelimit-reset"];
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) * 1_000 - nowMs : undefined;
}
