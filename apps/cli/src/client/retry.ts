import { setTimeout as sleep } from "node:timers/promises";

/** How often and how long an attempt is repeated. */
export interface RetryRules {
  readonly attemptsMax: number;
  readonly delayFirstMs: number;
  readonly delayMaxMs: number;
  /** No further attempt begins later than this after the first. */
  readonly totalMaxMs: number;
}

/** Enough to sit out a database that is away for a minute, short enough for a CI job. */
export const RETRY_RULES: RetryRules = { attemptsMax: 24, delayFirstMs: 300, delayMaxMs: 10_000, totalMaxMs: 120_000 };

/** What one attempt came to: a value, or a failure that may be repeated (`afterMs` when the server asked to wait). */
export type Attempt<T> =
  | { readonly value: T }
  | { readonly failure: Error; readonly reason: string; readonly afterMs?: number };

/** Said before each wait, so that the person knows why nothing happens. */
export type OnRetry = (retry: { attempt: number; reason: string; delayMs: number }) => void;

/** Repeats an attempt until it has a value or the rules are used up, then throws its last failure. */
export async function withRetries<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  rules: RetryRules,
  onRetry: OnRetry,
  signal?: AbortSignal,
): Promise<T> {
  const startedAt = performance.now();
  for (let number = 1; ; number++) {
    const outcome = await attempt(number);
    if ("value" in outcome) return outcome.value;
    const random = Math.random();
    const delayMs = outcome.afterMs === undefined ? backOffMs(number, rules, random) : spread(outcome.afterMs, random);
    const tooLate = performance.now() - startedAt + delayMs > rules.totalMaxMs;
    if (number >= rules.attemptsMax || tooLate) throw outcome.failure;
    onRetry({ attempt: number, reason: outcome.reason, delayMs });
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** Doubling delay with jitter between half and the whole of it, so that many CI jobs do not return together. */
export function backOffMs(attempt: number, rules: RetryRules, random: number): number {
  const ceiling = Math.min(rules.delayMaxMs, rules.delayFirstMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

const LATER_SHARE_MAX = 0.2;

/** Never sooner than the server asked for, and up to a fifth later, for the same reason. */
function spread(afterMs: number, random: number): number {
  return Math.round(afterMs * (1 + LATER_SHARE_MAX * random));
}

const RETRY_AFTER_MAX_MS = 60_000;

/** `Retry-After` in milliseconds (seconds or an HTTP date, RFC 9110 §10.2.3), at most a minute. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS);
}
