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
  /** How long the run could have been claimed before it was. */
  readonly waitedMs: number;
}

/** One queue's part of a claim. */
export interface ClaimRequest {
  readonly kind: RunKind;
  readonly queue: string;
  readonly limit: number;
  /** Skips CREATED runs below this sequence number; 0 looks at all. */
  readonly seqFloor: number;
}

/** Who claims, and what it can execute. */
export interface Claimant {
  readonly id: string;
  readonly version: string;
  readonly leaseMs: number;
  readonly workflowNames: readonly string[];
  readonly activityNames: readonly string[];
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
  extract(epoch from (c.claimed).claimed_at - greatest((c.claimed).created_at,
    least((c.claimed).visible_from, (c.claimed).claimed_at)))::float8 * 1000 as "waitedMs", c.examined
from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as q(kind, queue, room, floor)
cross join lateral wf_claim(q.kind, q.queue, case when q.kind = 'workflow' then $5::text[] else $6::text[] end,
  q.room, $10, $7, $8, $9, q.floor) as c`;

/** Claims runs of several queues in one statement. */
export async function claimRuns(
  executor: SqlExecutor,
  claimant: Claimant,
  requests: readonly ClaimRequest[],
): Promise<Claim> {
  const sorted = [...requests].sort((a, b) => `${a.kind}:${a.queue}`.localeCompare(`${b.kind}:${b.queue}`, "en"));
  const { rows } = await executor.query<ClaimedRun & { id: string | null; examined: number }>(CLAIM, [
    sorted.map((request) => request.kind),
    sorted.map((request) => request.queue),
    sorted.map((request) => request.limit),
    sorted.map((request) => request.seqFloor),
    claimant.workflowNames,
    claimant.activityNames,
    claimant.id,
    claimant.version,
    claimant.leaseMs,
    CLAIM_EXAMINED_MAX,
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
