/**
 * A cure for a long-lived snapshot (a backup, a forgotten transaction): PostgreSQL then keeps every finished run's old index
 * entry, and each claim walks over all of them from the front of the queue. When a claim was slow, the next ones begin, in
 * each priority, behind what was last claimed there; complete looks, for runs that came back or committed late, are rationed
 * to a small share of the time. Priorities without a claim have no floor: what waits there is never skipped.
 */
import type { ClaimedRun, ClaimRequest } from "../store/claim.ts";

const SLOW_CLAIM_MS = 15;
const COMPLETE_LOOK_SHARE = 0.05;
const COMPLETE_LOOK_GAP_MAX_MS = 2000;
const NO_FLOORS: Floors = {};

/** Up to which sequence number runs have been claimed, by priority. */
type Floors = Readonly<Record<number, number>>;

interface QueueFloors {
  readonly byPriority: Record<number, number>;
  completeLookDueMs: number;
}

/** Remembers from which sequence numbers each queue is claimed. */
export class SeqFloors {
  readonly #queues = new Map<string, QueueFloors>();

  /** None while claims are quick, and whenever a complete look is due. */
  floorsOf(request: Pick<ClaimRequest, "kind" | "queue">, nowMs: number): Floors {
    const queue = this.#queues.get(keyOf(request));
    return queue && nowMs < queue.completeLookDueMs ? { ...queue.byPriority } : NO_FLOORS;
  }

  /** Learns from a claim. */
  note(requests: readonly ClaimRequest[], runs: readonly ClaimedRun[], durationMs: number, nowMs: number): void {
    for (const request of requests) {
      const key = keyOf(request);
      const complete = Object.keys(request.floors ?? NO_FLOORS).length === 0;
      if (complete && durationMs < SLOW_CLAIM_MS) {
        this.#queues.delete(key);
        continue;
      }
      const queue = this.#queues.get(key);
      if (!complete && !queue) continue;
      const byPriority = queue?.byPriority ?? {};
      if (complete) {
        const gapMs = Math.min(COMPLETE_LOOK_GAP_MAX_MS, durationMs / COMPLETE_LOOK_SHARE);
        this.#queues.set(key, { byPriority, completeLookDueMs: nowMs + gapMs });
      }
      raise(
        byPriority,
        runs.filter((run) => run.kind === request.kind && run.queue === request.queue),
      );
    }
  }
}

/** Runs claimed for the first time come in order of seq; those that came back say nothing of what lies before them. */
function raise(byPriority: Record<number, number>, runs: readonly ClaimedRun[]): void {
  for (const { priority, seq, fence } of runs) {
    if (fence <= 1) byPriority[priority] = Math.max(byPriority[priority] ?? 0, seq);
  }
}

function keyOf(request: Pick<ClaimRequest, "kind" | "queue">): string {
  return `${request.kind}:${request.queue}`;
}
