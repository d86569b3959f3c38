import { batchPlacesOf, type ClaimRequest, FAIRNESS, type Fairness } from "../store/claim.ts";
import type { RunKind } from "../store/run-row.ts";
import type { WorkerPlaces } from "../store/worker-places.ts";

/** One queue this instance works on. */
export interface QueueSlots {
  readonly kind: RunKind;
  readonly queue: string;
  readonly concurrency: number;
}

interface Slot extends QueueSlots {
  /** Of them batch work may use so many. */
  readonly batchPlaces: number;
  active: number;
  activeBatch: number;
  askedAtMs: number;
  /** Claims not yet paid for by one out of turn. */
  claims: number;
}

/** What places are taken and given back for. */
export interface SlotRun {
  readonly kind: RunKind;
  readonly queue: string;
  readonly priority: number;
  readonly aged: boolean;
}

/**
 * Free places per queue. Claims are made in batches: a queue is asked when half of its places are free, or when it has not
 * been asked for `patienceMs`, so that a few long runs do not keep the other places empty. Batch work leaves a share of the
 * places to others, and a share of the claims goes to the runs that have waited longest.
 */
export class Slots {
  readonly #slots: Map<string, Slot>;
  readonly #patienceMs: number;
  readonly #fairness: Fairness;

  constructor(queues: readonly QueueSlots[], patienceMs: number, fairness: Fairness = FAIRNESS) {
    this.#fairness = fairness;
    this.#patienceMs = patienceMs;
    this.#slots = new Map(
      queues.map((queue) => {
        const batchPlaces = batchPlacesOf(queue.concurrency, fairness.batchShare);
        const idle = { active: 0, activeBatch: 0, askedAtMs: Number.NEGATIVE_INFINITY, claims: 0 };
        return [keyOf(queue), { ...queue, batchPlaces, ...idle }];
      }),
    );
  }

  /** What to ask for now; notes that these queues have been asked. */
  requests(nowMs: number): Omit<ClaimRequest, "floors">[] {
    const requests: Omit<ClaimRequest, "floors">[] = [];
    for (const slot of this.#slots.values()) {
      const limit = slot.concurrency - slot.active;
      if (limit <= 0) continue;
      if (limit * 2 < slot.concurrency && nowMs - slot.askedAtMs < this.#patienceMs) continue;
      slot.askedAtMs = nowMs;
      const batchLimit = Math.max(0, Math.min(limit, slot.batchPlaces - slot.activeBatch));
      const agedLimit = Math.min(limit, Math.floor((slot.claims + 1) / this.#fairness.agedEvery));
      requests.push({ kind: slot.kind, queue: slot.queue, limit, batchLimit, agedLimit });
    }
    return requests;
  }

  take(run: SlotRun): void {
    const slot = this.#slots.get(keyOf(run));
    if (!slot) return;
    slot.active++;
    if (this.#isBatch(run)) slot.activeBatch++;
    const { agedEvery } = this.#fairness;
    const claims = slot.claims + 1 - (run.aged ? agedEvery : 0);
    slot.claims = Math.max(0, Math.min(claims, Math.max(agedEvery, slot.concurrency)));
  }

  /** Gives a place back; true when it is time to ask for more. */
  release(run: SlotRun): boolean {
    const slot = this.#slots.get(keyOf(run));
    if (!slot) return false;
    slot.active--;
    if (this.#isBatch(run)) slot.activeBatch--;
    return (slot.concurrency - slot.active) * 2 >= slot.concurrency;
  }

  /** What this worker may hold at once. */
  places(): WorkerPlaces[] {
    return [...this.#slots.values()].map(({ kind, queue, concurrency, batchPlaces }) => ({
      kind,
      queue,
      places: concurrency,
      batchPlaces,
    }));
  }

  snapshot(): { kind: RunKind; queue: string; concurrency: number; active: number }[] {
    return [...this.#slots.values()].map(({ kind, queue, concurrency, active }) => ({
      kind,
      queue,
      concurrency,
      active,
    }));
  }

  #isBatch(run: SlotRun): boolean {
    return run.priority < this.#fairness.batchPriorityBelow;
  }
}

function keyOf(queue: { readonly kind: RunKind; readonly queue: string }): string {
  return `${queue.kind}:${queue.queue}`;
}
