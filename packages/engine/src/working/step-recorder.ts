import { setTimeout as delay } from "node:timers/promises";
import { RunFailed } from "../authoring/errors.ts";
import { type RetryPolicy, retryDelayMs, retryPolicy, STEP_RETRY } from "../authoring/retry.ts";
import type { ClaimedRun } from "../store/claim.ts";
import type { RecordedStep } from "../store/history.ts";
import { toJson } from "../store/json.ts";
import type { StepRecord, StepVerdict } from "../store/record-steps.ts";
import { isRetryable, retryAfterMs, storedError } from "./failures.ts";
import type { WriteBuffers } from "./write-buffers.ts";

/** Steps one run may record in one generation; a workflow with more continues as new. */
export const STEPS_MAX = 10_000;

/** What a step's function came to, ready to be recorded. */
export interface StepOutcome {
  readonly outputJson: string | null;
  readonly errorJson: string | null;
  readonly attempt: number;
  readonly startedAtMs: number;
}

/** Runs a step's function until it succeeds or its policy is used up. Rejects only with the signal's reason. */
export async function attemptStep(
  name: string,
  fn: () => unknown,
  retry: Partial<RetryPolicy> | undefined,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const policy = retryPolicy(retry, STEP_RETRY);
  const startedAtMs = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return { outputJson: toJson(await fn(), `the output of step ${name}`), errorJson: null, attempt, startedAtMs };
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= policy.attemptsMax || !isRetryable(error)) {
        return { outputJson: null, errorJson: toJson(storedError(error), "an error"), attempt, startedAtMs };
      }
      await delay(retryAfterMs(error) ?? retryDelayMs(policy, attempt, Math.random()), undefined, { signal });
    }
  }
}

/** Hands an outcome to the buffer. */
export function recordOutcome(
  buffers: WriteBuffers,
  run: ClaimedRun,
  name: string,
  outcome: StepOutcome,
): Promise<StepVerdict> {
  return buffers.steps.add({ ...blankRecord(run, name), ...outcome });
}

/** Records the database's time plus `clockPlusMs`. */
export function recordClock(
  buffers: WriteBuffers,
  run: ClaimedRun,
  name: string,
  clockPlusMs: number,
): Promise<StepVerdict> {
  return buffers.steps.add({ ...blankRecord(run, name), clockPlusMs });
}

function blankRecord(run: ClaimedRun, name: string): StepRecord {
  return {
    runId: run.id,
    fence: run.fence,
    name,
    outputJson: null,
    errorJson: null,
    attempt: 1,
    startedAtMs: Date.now(),
    clockPlusMs: null,
  };
}

/** A recorded step's result, exactly as every replay sees it: through JSON. */
export function replay<T>(name: string, recorded: RecordedStep): T {
  if (recorded.error) throw new RunFailed(`step ${name}`, recorded.error);
  return recorded.output as T;
}

/** The outcome in the form it is loaded in later. */
export function recordedOf(outcome: StepOutcome): RecordedStep {
  return {
    output: outcome.outputJson === null ? null : JSON.parse(outcome.outputJson),
    error: outcome.errorJson === null ? null : JSON.parse(outcome.errorJson),
  };
}
