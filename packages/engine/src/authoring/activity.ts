import type { EngineLog } from "./log.ts";
import type { RetryPolicy } from "./retry.ts";

/** What an activity's code may do. Activities must be idempotent up to their last recorded step. */
export interface ActivityContext<Tx = unknown> {
  readonly runId: string;
  readonly parentRunId: string | null;
  /** The workflow run at the top of the tree. */
  readonly rootRunId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The server instance that executes this attempt. */
  readonly instanceId: string;
  /** Aborted on time-out, cancellation, loss of the lease and stop; check it at each batch end. */
  readonly signal: AbortSignal;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: EngineLog;
  /**
   * Runs `fn` in one database transaction together with its ledger row: its effect happens exactly once, and its result is
   * returned from the ledger ever after. No network call belongs in it.
   */
  tx<T>(name: string, fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs `fn` at least once and records its result. */
  step<T>(name: string, fn: () => Promise<T> | T, retry?: Partial<RetryPolicy>): Promise<T>;
  /** The same UUID on every attempt, derived from run and name. */
  idFor(name: string): string;
}

/** What a workflow calls: the activity's name with the queue and policy it runs under, without its code. */
export interface ActivityRef<I, O> {
  readonly name: string;
  readonly queue: string;
  readonly retry?: Partial<RetryPolicy>;
  /** Limit of one attempt. */
  readonly timeoutMs?: number;
  /** Carries the types only; never set. */
  readonly types?: { readonly input: I; readonly output: O };
}

/** An activity's code. */
export interface Activity<I, O, Tx> {
  readonly name: string;
  input(raw: unknown): I;
  execute(context: ActivityContext<Tx>, input: I): Promise<O>;
}

/** Names an activity for workflows. */
export function activityRef<I, O>(
  name: string,
  options: { readonly queue: string; readonly retry?: Partial<RetryPolicy>; readonly timeoutMs?: number },
): ActivityRef<I, O> {
  return { name, ...options };
}

/** Gives a name its code. `input` parses what was stored; a failure there is terminal. */
export function defineActivity<I, O, Tx>(activity: Activity<I, O, Tx>): Activity<I, O, Tx> {
  return activity;
}
