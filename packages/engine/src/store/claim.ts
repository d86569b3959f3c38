import type { RetryPolicy } from "../authoring/retry.ts";
import type { SqlExecutor } from "./database.ts";
import type { RunKind } from "./run-row.ts";

/** A run this instance owns until its lease ends. */
export interface ClaimedRun {
  readonly id: string;
  readonly seq: number;
  readonly kind: RunKind;
  readonly name: string;
  readonly queue: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly input: unknown;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  readonly priority: number;
  readonly attempt: number;
  readonly generation: number;
  readonly fence: number;
  readonly wakes: number;
  readonly cancelRequested: boolean;
  /** The database's clock, in milliseconds since 1970. */
  readonly claimedAtMs: number;
  /** How long the run could have been claimed before it was; null when nobody knows, as after a wake-up by an event. */
  readonly waitedMs: number | null;
  /** Claimed out of turn, because it had waited longest. */
  readonly aged: boolean;
}

/** How urgent work, batch work and work that waits long share places. */
export interface Fairness {
  /** Runs of a lower priority are batch work: it leaves places free for others. */
  readonly batchPriorityBelow: number;
  /** Places batch work may use, as a share of a worker's places and of a queue's capacity; of two one stays free. */
  readonly batchShare: number;
  /** One claim of so many goes to the run that has waited longest, whatever its priority. */
  readonly agedEvery: number;
  /** Only runs that have waited this long are claimed out of turn. */
  readonly agedAfterMs: number;
}

/** Used where options do not say otherwise. */
export const FAIRNESS: Fairness = { batchPriorityBelow: 50, batchShare: 0.8, agedEvery: 10, agedAfterMs: 60_000 };

/** How many of these places batch work may use; `wf_room` has the same formula for a queue's capacity. */
export function batchPlacesOf(places: number, batchShare: number): number {
  return Math.max(1, Math.min(places - 1, Math.floor(places * batchShare)));
}

/** One queue's part of a claim. */
export interface ClaimRequest {
  readonly kind: RunKind;
  readonly queue: string;
  readonly limit: number;
  /** Batch work among them at most; default: all. */
  readonly batchLimit?: number;
  /** So many may go to the longest-waiting runs; default 0. */
  readonly agedLimit?: number;
  /** Skips CREATED runs up to these sequence numbers, by priority; default: looks at all. */
  readonly floors?: Readonly<Record<number, number>>;
}

/** Who claims, and what it can execute. */
export interface Claimant {
  readonly id: string;
  readonly version: string;
  readonly leaseMs: number;
  readonly workflowNames: readonly string[];
  readonly activityNames: readonly string[];
  readonly fairness?: Fairness;
}

/** Rows one claim looks at per queue; more than are claimed only where runs wait for their keys. */
export const CLAIM_EXAMINED_MAX = 250;

/** Claimed runs, and whether there may be more at once although fewer came than asked for. */
export interface Claim {
  readonly runs: readonly ClaimedRun[];
  readonly more: boolean;
}

// Queue rows are locked one after the other: the sorted requests give every instance the same order.
const CLAIM = `/* engine.claim */
select (c.claimed).id, (c.claimed).seq::float8 as seq, (c.claimed).kind, (c.claimed).name, (c.claimed).queue,
  (c.claimed).root_id as "rootId", (c.claimed).parent_id as "parentId", (c.claimed).input, (c.claimed).labels, (c.claimed).retry,
  (c.claimed).timeout_ms::float8 as "timeoutMs", (c.claimed).priority::int as priority, (c.claimed).attempt,
  (c.claimed).generation, (c.claimed).fence, (c.claimed).wakes, (c.claimed).cancel_requested as "cancelRequested",
  extract(epoch from (c.claimed).claimed_at)::float8 * 1000 as "claimedAtMs",
  case
    when (c.claimed).fence = 1 then extract(epoch from (c.claimed).claimed_at - greatest((c.claimed).created_at, (c.claimed).visible_from))
    when (c.claimed).visible_from between (c.claimed).started_at and (c.claimed).claimed_at
      then extract(epoch from (c.claimed).claimed_at - (c.claimed).visible_from)
  end::float8 * 1000 as "waitedMs", c.aged, c.examined
from unnest($1::text[], $2::text[], $3::int[], $4::jsonb[], $11::int[], $12::int[]) as q(kind, queue, room, floors, batch_room, aged_room)
cross join lateral wf_claim_placed(q.kind, q.queue, case when q.kind = 'workflow' then $5::text[] else $6::text[] end,
  q.room, $10, $7, $8, $9, q.floors, $13, q.batch_room, $14, q.aged_room, $15) as c`;

/** Claims runs of several queues in one statement. */
export async function claimRuns(
  executor: SqlExecutor,
  claimant: Claimant,
  requests: readonly ClaimRequest[],
): Promise<Claim> {
  const sorted = [...requests].sort((a, b) => `${a.kind}:${a.queue}`.localeCompare(`${b.kind}:${b.queue}`, "en"));
  const fairness = claimant.fairness ?? FAIRNESS;
  const { rows } = await executor.query<ClaimedRun & { id: string | null; examined: number }>(CLAIM, [
    sorted.map((request) => request.kind),
    sorted.map((request) => request.queue),
    sorted.map((request) => request.limit),
    sorted.map((request) => JSON.stringify(request.floors ?? {})),
    claimant.workflowNames,
    claimant.activityNames,
    claimant.id,
    claimant.version,
    claimant.leaseMs,
    CLAIM_EXAMINED_MAX,
    sorted.map((request) => request.batchLimit ?? request.limit),
    sorted.map((request) => request.agedLimit ?? 0),
    fairness.batchPriorityBelow,
    fairness.batchShare,
    fairness.agedAfterMs,
  ]);
  return {
    runs: rows.filter((row) => row.id !== null),
    more: rows.some((row) => row.examined >= CLAIM_EXAMINED_MAX),
  };
}

/** Lets runs whose time has come be claimed. `nextDueMs` is null when none is due within the hour. */
export async function promoteDue(
  executor: SqlExecutor,
  limit: number,
): Promise<{ promoted: number; nextDueMs: number | null }> {
  const { rows } = await executor.query<{ promoted: number; nextDueMs: number | null }>(
    `/* engine.promoteDue */ select promoted, next_due_ms as "nextDueMs" from wf_promote($1)`,
    [limit],
  );
  return rows[0] ?? { promoted: 0, nextDueMs: null };
}
