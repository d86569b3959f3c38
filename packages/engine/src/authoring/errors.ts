/** Fails an activity or step for good: no further attempt is made. */
export class Terminal extends Error {
  override name = "Terminal";
}

/** Fails this attempt; the next one comes after `afterMs`, or as the retry policy says. */
export class Retryable extends Error {
  override name = "Retryable";
  readonly afterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { afterMs?: number }) {
    super(message, options);
    this.afterMs = options?.afterMs;
  }
}

/** How a failure is stored on a run or a step. */
export interface StoredError {
  readonly message: string;
  readonly type: string;
  readonly retryable: boolean;
  readonly stack?: string;
}

/** What a workflow sees when an activity, a child run or a recorded step has failed. */
export class RunFailed extends Error {
  override name = "RunFailed";
  readonly failure: StoredError;
  /** The failed run; undefined when a step of this run failed. */
  readonly runId: string | undefined;

  constructor(subject: string, failure: StoredError, runId?: string) {
    super(`${subject}: ${failure.message}`);
    this.failure = failure;
    this.runId = runId;
  }
}
