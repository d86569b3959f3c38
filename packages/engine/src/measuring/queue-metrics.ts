import type { ClaimedRun, ClaimRequest } from "../store/claim.ts";
import type { RunKind } from "../store/run-row.ts";
import { Histogram, type HistogramSnapshot } from "./histogram.ts";

/** What one queue's worker has done since the process began. */
export interface QueueMetricsSnapshot {
  readonly kind: RunKind;
  readonly queue: string;
  /** Claims that asked this queue. */
  readonly polls: number;
  /** Runs claimed. */
  readonly polled: number;
  /** Of them out of turn, because they had waited longest. */
  readonly aged: number;
  /** Attempts that ended, by how. */
  readonly processed: Readonly<Record<string, number>>;
  /** Milliseconds of a claim; one statement asks several queues. */
  readonly pollLatency: HistogramSnapshot;
  /** Milliseconds from the beginning of an attempt until its end is written. */
  readonly processLatency: HistogramSnapshot;
  /** Milliseconds between due and claimed, where the due time is known. */
  readonly schedulingLatency: HistogramSnapshot;
}

interface Counted {
  polls: number;
  polled: number;
  aged: number;
  readonly processed: Record<string, number>;
  readonly pollLatency: Histogram;
  readonly processLatency: Histogram;
  readonly schedulingLatency: Histogram;
}

interface QueueRef {
  readonly kind: RunKind;
  readonly queue: string;
}

/** Counts what a worker does, by queue. */
export class QueueMetrics {
  readonly #queues: Map<string, QueueRef & Counted>;
  readonly #outcomes: readonly string[];

  /** `outcomes` are shown from the beginning, with 0. */
  constructor(queues: readonly QueueRef[], outcomes: readonly string[]) {
    this.#outcomes = outcomes;
    this.#queues = new Map(queues.map(({ kind, queue }) => [keyOf({ kind, queue }), this.#empty({ kind, queue })]));
  }

  claimed(requests: readonly ClaimRequest[], runs: readonly ClaimedRun[], durationMs: number): void {
    for (const request of requests) {
      const counted = this.#of(request);
      counted.polls++;
      counted.pollLatency.observe(durationMs);
    }
    for (const run of runs) {
      const counted = this.#of(run);
      counted.polled++;
      if (run.aged) counted.aged++;
      if (run.waitedMs !== null) counted.schedulingLatency.observe(Math.max(0, run.waitedMs));
    }
  }

  processed(run: QueueRef, outcome: string, durationMs: number): void {
    const counted = this.#of(run);
    counted.processed[outcome] = (counted.processed[outcome] ?? 0) + 1;
    counted.processLatency.observe(durationMs);
  }

  snapshot(): QueueMetricsSnapshot[] {
    return [...this.#queues.values()].map((counted) => ({
      ...counted,
      processed: { ...counted.processed },
      pollLatency: counted.pollLatency.snapshot(),
      processLatency: counted.processLatency.snapshot(),
      schedulingLatency: counted.schedulingLatency.snapshot(),
    }));
  }

  #of(queue: QueueRef): Counted {
    const key = keyOf(queue);
    const known = this.#queues.get(key);
    if (known) return known;
    const added = this.#empty({ kind: queue.kind, queue: queue.queue });
    this.#queues.set(key, added);
    return added;
  }

  #empty(queue: QueueRef): QueueRef & Counted {
    return {
      ...queue,
      polls: 0,
      polled: 0,
      aged: 0,
      processed: Object.fromEntries(this.#outcomes.map((outcome) => [outcome, 0])),
      pollLatency: new Histogram(),
      processLatency: new Histogram(),
      schedulingLatency: new Histogram(),
    };
  }
}

function keyOf({ kind, queue }: QueueRef): string {
  return `${kind}:${queue}`;
}
