/** When a failed attempt is repeated. */
export interface RetryPolicy {
  /** Wait before the second attempt. */
  readonly initialMs: number;
  /** Each further wait is this much longer. */
  readonly factor: number;
  /** Share of the wait that is random, 0 to 1. */
  readonly jitter: number;
  readonly maxMs: number;
  /** Attempts altogether, the first included. */
  readonly attemptsMax: number;
}

/** For activities: waits are timed by the database and hold no slot. */
export const ACTIVITY_RETRY: RetryPolicy = {
  initialMs: 5000,
  factor: 1.5,
  jitter: 0.3,
  maxMs: 1_800_000,
  attemptsMax: 6,
};

/** For steps: waits happen in the process and hold the run's slot, so they stay short. */
export const STEP_RETRY: RetryPolicy = { initialMs: 1000, factor: 2, jitter: 0.3, maxMs: 60_000, attemptsMax: 3 };

/** Completes a partial policy. */
export function retryPolicy(partial: Partial<RetryPolicy> | undefined, defaults: RetryPolicy): RetryPolicy {
  return { ...defaults, ...partial };
}

/** Wait before the attempt after `attempt` (1 = the first), in milliseconds. `random` is a number from 0 to 1. */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const delayMs = Math.min(policy.maxMs, policy.initialMs * policy.factor ** (attempt - 1));
  return Math.min(policy.maxMs, Math.round(delayMs * (1 + policy.jitter * (2 * random - 1))));
}
