/**
 * A cure for a long-lived snapshot (a backup, a forgotten transaction): PostgreSQL then keeps every finished run's old index
 * entry, and each claim walks over all of them from the front of the queue. When a claim was slow, the next ones skip sequence
 * numbers below what was last claimed, which costs no look at the rows; complete looks, for runs that came back or committed
 * late, are rationed to a small share of the time.
 */
import type { ClaimedRun, ClaimRequest } from "../store/claim.ts";

const SLOW_CLAIM_MS = 15;
const COMPLETE_LOOK_SHARE = 0.05;
const COMPLETE_LOOK_GAP_MAX_MS = 2000;

interface Floor {
  seq: number;
  completeLookDueMs: number;
}

/** Remembers from which sequence number each queue is claimed. */
export class SeqFloors {
  readonly #floors = new Map<string, Floor>();

  /** 0 while claims are quick, and whenever a complete look is due. */
  floorOf(request: Pick<ClaimRequest, "kind" | "queue">, nowMs: number): number {
    const floor = this.#floors.get(keyOf(request));
    return floor && nowMs < floor.completeLookDueMs ? floor.seq : 0;
  }

  /** Learns from a claim. */
  note(requests: readonly ClaimRequest[], runs: readonly ClaimedRun[], durationMs: number, nowMs: number): void {
    for (const request of requests) {
      const key = keyOf(request);
      const floor = this.#floors.get(key);
      const complete = request.seqFloor === 0;
      if (complete && durationMs < SLOW_CLAIM_MS) {
        this.#floors.delete(key);
        continue;
      }
      const seq = lowestPriorityEnd(runs.filter((run) => run.kind === request.kind && run.queue === request.queue));
      if (complete) {
        const gapMs = Math.min(COMPLETE_LOOK_GAP_MAX_MS, durationMs / COMPLETE_LOOK_SHARE);
        this.#floors.set(key, { seq: seq ?? floor?.seq ?? 0, completeLookDueMs: nowMs + gapMs });
      } else if (floor && seq !== undefined) floor.seq = Math.max(floor.seq, seq);
    }
  }
}

/** All claimable runs of the lowest claimed priority up to this one have been taken, and all of the higher ones. */
function lowestPriorityEnd(runs: readonly ClaimedRun[]): number | undefined {
  let end: { priority: number; seq: number } | undefined;
  for (const { priority, seq, fence } of runs) {
    if (fence > 1) continue;
    if (!end || priority < end.priority || (priority === end.priority && seq > end.seq)) end = { priority, seq };
  }
  return end?.seq;
}

function keyOf(request: Pick<ClaimRequest, "kind" | "queue">): string {
  return `${request.kind}:${request.queue}`;
}
