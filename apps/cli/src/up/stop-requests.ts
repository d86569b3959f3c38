const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npm and other wrappers hand a signal down that the terminal has sent us already: the same request, not a second one. */
const SAME_REQUEST_MS = 1_000;

/** Turns signals into requests: the first asks to stop in order, the second to stop at once. */
export class StopRequests {
  readonly #asked = new AbortController();
  readonly #forced = new AbortController();
  #askedAt = 0;
  readonly #onSignal = (signal: NodeJS.Signals) => this.take(signal);
  /** Aborted by the first signal. */
  readonly signal: AbortSignal = this.#asked.signal;
  /** Aborted by the second. */
  readonly forced: AbortSignal = this.#forced.signal;
  /** Resolves at the first. */
  readonly requested: Promise<void> = new Promise((resolve) => {
    this.#asked.signal.addEventListener("abort", () => resolve(), { once: true });
  });

  constructor() {
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onSignal);
  }

  /** Gives the signals back to their usual meaning. */
  release(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onSignal);
  }

  /** A signal, which may have come to another process on our behalf. */
  take(signal: NodeJS.Signals): void {
    if (!this.#asked.signal.aborted) {
      this.#askedAt = performance.now();
      this.#asked.abort(new Error(`stopped by ${signal}`));
    } else if (performance.now() - this.#askedAt > SAME_REQUEST_MS) {
      this.#forced.abort();
    }
  }
}
