import type { ClaimRequest } from "../store/claim.ts";
import type { RunKind } from "../store/run-row.ts";

/** One queue this instance works on. */
export interface QueueSlots {
  readonly kind: RunKind;
  readonly queue: string;
  readonly concurrency: number;
}

interface Slot extends QueueSlots {
  active: number;
  askedAtMs: number;
}

/**
 * Free places per queue. Claims are made in batches: a queue is asked when half of its places are free, or when it has not
 * been asked for `patienceMs`, so that a few long runs do not keep the other places empty.
 */
export class Slots {
  readonly #slots: Map<string, Slot>;
  readonly #patienceMs: number;

  constructor(queues: readonly QueueSlots[], patienceMs: number) {
    this.#slots = new Map(queues.map((q) => [keyOf(q), { ...q, active: 0, askedAtMs: Number.NEGATIVE_INFINITY }]));
    this.#patienceMs = patienceMs;
  }

  /** What to ask for now; notes that these queues have been asked. */
  requests(nowMs: number): Omit<ClaimRequest, "seqFloor">[] {
    const requests: Omit<ClaimRequest, "seqFloor">[] = [];
    for (const slot of this.#slots.values()) {
      const limit = slot.concurrency - slot.active;
      if (limit <= 0) continue;
      if (limit * 2 < slot.concurrency && nowMs - slot.askedAtMs < this.#patienceMs) continue;
      slot.askedAtMs = nowMs;
      requests.push({ kind: slot.kind, queue: slot.queue, limit });
    }
    return requests;
  }

  take(run: QueueRef): void {
    const slot = this.#slots.get(keyOf(run));
    if (slot) slot.active++;
  }

  /** Gives a place back; true when it is time to ask for more. */
  release(run: QueueRef): boolean {
    const slot = this.#slots.get(keyOf(run));
    if (!slot) return false;
    slot.active--;
    return (slot.concurrency - slot.active) * 2 >= slot.concurrency;
  }

  snapshot(): { kind: RunKind; queue: string; concurrency: number; active: number }[] {
    return [...this.#slots.values()].map(({ kind, queue, concurrency, active }) => ({
      kind,
      queue,
      concurrency,
      active,
    }));
  }
}

interface QueueRef {
  readonly kind: RunKind;
  readonly queue: string;
}

function keyOf(queue: QueueRef): string {
  return `${queue.kind}:${queue.queue}`;
}
