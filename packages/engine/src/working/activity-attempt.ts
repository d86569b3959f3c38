/** One attempt of an activity: a leaf run whose failures are tried again by the database's clock. */
import type { ActivityContext } from "../authoring/activity.ts";
import { Terminal } from "../authoring/errors.ts";
import { ACTIVITY_RETRY, type RetryPolicy, retryDelayMs } from "../authoring/retry.ts";
import type { ClaimedRun } from "../store/claim.ts";
import { guardTransaction } from "../store/guard-transaction.ts";
import type { RecordedStep, RunHistory } from "../store/history.ts";
import { toJson } from "../store/json.ts";
import { recordSteps, type Verdict } from "../store/record-steps.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { isRetryable, OwnershipLost, retryAfterMs, TimedOut } from "./failures.ts";
import { derivedId } from "./ids.ts";
import { AttemptAborted, type AttemptControl, logOf, type Runtime } from "./runtime.ts";
import { attemptStep, recordedOf, recordOutcome, replay } from "./step-recorder.ts";
import { endOfAbort, parseInput } from "./workflow-attempt.ts";

const TIMER_MAX_MS = 2_147_483_647;

/** Executes one attempt of an activity; it ends with its time-out, its cancellation and the worker's stop. */
export async function attemptActivity<Tx>(
  runtime: Runtime<Tx>,
  run: ClaimedRun,
  history: RunHistory,
  control: AttemptControl,
): Promise<AttemptEnd> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new TimedOut(`${run.name} took longer than ${run.timeoutMs} ms`)),
    Math.min(run.timeoutMs ?? TIMER_MAX_MS, TIMER_MAX_MS),
  );
  const signal = AbortSignal.any([control.signal, timeout.signal]);
  try {
    const output = await Promise.race([execute(runtime, run, history, signal), rejection(signal)]);
    return { kind: "completed", output };
  } catch (error) {
    const cause = signal.aborted ? signal.reason : error;
    if (cause instanceof AttemptAborted) return endOfAbort(cause);
    if (cause instanceof OwnershipLost) return { kind: "lost" };
    return failureOf(run, cause);
  } finally {
    clearTimeout(timer);
  }
}

async function execute<Tx>(
  runtime: Runtime<Tx>,
  run: ClaimedRun,
  history: RunHistory,
  signal: AbortSignal,
): Promise<unknown> {
  const activity = runtime.activities.get(run.name);
  if (!activity) throw new Terminal(`this instance does not know the activity ${run.name}`);
  return activity.execute(activityContext(runtime, run, history, signal), parseInput(activity, run.input));
}

function failureOf(run: ClaimedRun, error: unknown): AttemptEnd {
  const policy: RetryPolicy = run.retry ?? ACTIVITY_RETRY;
  if (!isRetryable(error) || run.attempt >= policy.attemptsMax) return { kind: "failed", error };
  return { kind: "retry", error, delayMs: retryAfterMs(error) ?? retryDelayMs(policy, run.attempt, Math.random()) };
}

function activityContext<Tx>(
  runtime: Runtime<Tx>,
  run: ClaimedRun,
  history: RunHistory,
  signal: AbortSignal,
): ActivityContext<Tx> {
  const steps = new Map<string, RecordedStep>(history.steps);
  const used = new Set<string>();
  /** A name answers from the ledger once; using it twice in one attempt is a mistake in the code. */
  function reserve(name: string): RecordedStep | undefined {
    if (used.has(name)) throw new Terminal(`the step name "${name}" is used twice in one activity`);
    used.add(name);
    return steps.get(name);
  }
  return {
    runId: run.id,
    parentRunId: run.parentId,
    rootRunId: run.rootId,
    attempt: run.attempt,
    instanceId: runtime.instance.id,
    signal,
    labels: run.labels ?? {},
    log: logOf(runtime.log, { runId: run.id, activity: run.name }),
    idFor: (name) => derivedId(run.id, run.generation, "id", name),
    async step(name, fn, retry) {
      const recorded = reserve(name);
      if (recorded) return replay(name, recorded);
      const outcome = await attemptStep(name, fn, retry, signal);
      requireLanded((await recordOutcome(runtime.buffers, run, name, outcome)).verdict);
      return replay(name, recordedOf(outcome));
    },
    async tx(name, fn) {
      const recorded = reserve(name);
      if (recorded) return replay(name, recorded);
      return inLedgerTransaction(runtime, run, name, fn);
    },
  };
}

/**
 * Effect and ledger row commit together. The ledger statement comes last: it locks the run's row and checks the fence, and
 * the lock must not hold up lease renewals while `fn` works.
 */
async function inLedgerTransaction<Tx, T>(
  runtime: Runtime<Tx>,
  run: ClaimedRun,
  name: string,
  fn: (tx: Tx) => Promise<T>,
): Promise<T> {
  const startedAtMs = Date.now();
  const outputJson = await runtime.database.transaction(async (tx) => {
    const executor = runtime.database.executorOf(tx);
    await guardTransaction(executor);
    const output = toJson(await fn(tx), `the output of step ${name}`);
    const record = { runId: run.id, fence: run.fence, name, outputJson: output, errorJson: null, attempt: run.attempt };
    const [answer] = await recordSteps(executor, [{ ...record, startedAtMs, clockPlusMs: null }]);
    requireLanded(answer?.verdict ?? "lost");
    return output;
  });
  return replay(name, recordedOf({ outputJson, errorJson: null, attempt: run.attempt, startedAtMs }));
}

function requireLanded(verdict: Verdict): void {
  if (verdict === "lost") throw new OwnershipLost("the run belongs to another instance now");
  if (verdict === "cancelled") throw new AttemptAborted("cancelled");
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
