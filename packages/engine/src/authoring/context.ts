import type { ActivityRef } from "./activity.ts";
import type { EngineLog } from "./log.ts";
import type { RetryPolicy } from "./retry.ts";
import type { WorkflowRef } from "./workflow.ts";

/** How a run is started. */
export interface StartOptions {
  /** At most one non-terminal run has this id. */
  readonly instanceId?: string;
  /** At most one run with this key is RUNNING or SUSPENDED; the others wait in order of priority, then age. */
  readonly concurrencyKey?: string;
  /** 0 to 100, higher first; default 0, for children their parent's. */
  readonly priority?: number;
  /** Inherited by everything below the run. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Earliest start, counted by the database's clock. */
  readonly delayMs?: number;
}

/** A started activity or child run. */
export interface RunHandle<O> {
  readonly runId: string;
  /** The run's output; rejects with `RunFailed` when it failed or was cancelled. */
  result(): Promise<O>;
}

/** What a workflow's code may do. Await only these methods: the run is suspended when nothing but waiting is left. */
export interface WorkflowContext {
  readonly runId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0, then one more with every `continueAsNew`. */
  readonly generation: number;
  readonly log: EngineLog;
  /** Runs `fn` at least once and records its result under `name`. */
  step<T>(name: string, fn: () => Promise<T> | T, retry?: Partial<RetryPolicy>): Promise<T>;
  /** Runs an activity on its queue and waits for it without holding a slot. `key` is the checkpoint name, default the activity's. */
  activity<I, O>(ref: ActivityRef<I, O>, input: NoInfer<I>, options?: { key?: string; priority?: number }): Promise<O>;
  /** Starts an activity without waiting, so that several run in parallel. */
  startActivity<I, O>(
    ref: ActivityRef<I, O>,
    input: NoInfer<I>,
    options?: { key?: string; priority?: number },
  ): RunHandle<O>;
  /** Runs a child workflow and waits for it. */
  child<I, O>(ref: WorkflowRef<I, O>, input: NoInfer<I>, options?: StartOptions & { key?: string }): Promise<O>;
  /** Starts a child workflow without waiting. */
  startChild<I, O>(ref: WorkflowRef<I, O>, input: NoInfer<I>, options?: StartOptions & { key?: string }): RunHandle<O>;
  /**
   * The handle whose run has ended first, as this run saw it when it first asked under `name`: the same one on every replay,
   * which `Promise.race` does not promise. Its `result()` answers at once; the others go on.
   */
  firstOf<H extends RunHandle<unknown>>(name: string, handles: readonly H[]): Promise<H>;
  /** Pauses the run; the database's clock decides when it goes on. */
  sleep(name: string, ms: number): Promise<void>;
  /** Waits for a signal; null when none came within `timeoutMs`. */
  waitSignal(name: string, options?: { timeoutMs?: number }): Promise<{ payload: unknown } | null>;
  /** Whether the gate was open when this run first asked. */
  gate(name: string): Promise<boolean>;
  /** Ends this generation: recorded steps are deleted and the run starts over with a new input. Never returns. */
  continueAsNew(input: unknown): Promise<never>;
  /** The database's time when this run first asked under `name` (default "now"). */
  now(name?: string): Promise<Date>;
  /** The same UUID on every replay, derived from run, generation and name. */
  idFor(name: string): string;
}
