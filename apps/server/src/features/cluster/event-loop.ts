import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** Coarse on purpose: finer sampling would wake an idle process more often, and what matters here are stalls of seconds. */
const RESOLUTION_MS = 500;

/** How long the event loop was blocked at worst. */
export class EventLoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** Since the last call, in milliseconds. */
  takeMaxMs(): number {
    const { max } = this.#histogram;
    this.#histogram.reset();
    return Math.max(0, Math.round(max / 1e6 - RESOLUTION_MS));
  }
}
