import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** Finer sampling would keep an idle process busy. */
const RESOLUTION_MS = 100;

/** How late timers ran, milliseconds: a busy event loop starves lease renewal. */
export interface EventLoopLag {
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures between two readings. */
export class EventLoopMonitor {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** Since the last reading; what is sampled holds the sampling interval itself, which is taken off. */
  read(): EventLoopLag {
    const { mean, max, count } = this.#histogram;
    const p99 = this.#histogram.percentile(99);
    this.#histogram.reset();
    if (count === 0) return { meanMs: 0, p99Ms: 0, maxMs: 0 };
    const lagOf = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    return { meanMs: lagOf(mean), p99Ms: lagOf(p99), maxMs: lagOf(max) };
  }
}
