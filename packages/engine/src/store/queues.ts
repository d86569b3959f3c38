import type { SqlExecutor } from "./database.ts";
import type { RunKind } from "./run-row.ts";
import { epochMs } from "./run-summary.ts";

/** A queue, as the cluster sees it. */
export interface Queue {
  readonly kind: RunKind;
  readonly name: string;
  readonly status: "ACTIVE" | "PAUSED";
  /** RUNNING runs at most, across all instances. */
  readonly capacity: number;
}

/** A queue with what is in it. Times are milliseconds since 1970. */
export interface QueueState extends Queue {
  /** Runs that are due and wait for a place; counted up to `QUEUE_DEPTH_MAX`. */
  readonly depth: number;
  readonly running: number;
  readonly createdAtMs: number;
  /** Last change by an operator; null = none yet. */
  readonly updatedAtMs: number | null;
}

/** Counting what waits in a queue stops here. */
export const QUEUE_DEPTH_MAX = 100_000;

/** Creates queues that are absent; existing ones keep what an operator set. */
export async function ensureQueues(
  executor: SqlExecutor,
  queues: readonly { kind: RunKind; name: string; capacity: number }[],
): Promise<void> {
  await executor.query(
    `/* engine.ensureQueues */
    insert into wf_queue (kind, name, capacity) select * from unnest($1::text[], $2::text[], $3::int[]) on conflict do nothing`,
    [queues.map((queue) => queue.kind), queues.map((queue) => queue.name), queues.map((queue) => queue.capacity)],
  );
}

/** All queues by kind and name. */
export async function listQueues(executor: SqlExecutor): Promise<Queue[]> {
  const { rows } = await executor.query<Queue>(
    `/* engine.listQueues */ select kind, name, status, capacity from wf_queue order by kind desc, name`,
  );
  return rows;
}

/** Queues of one kind behind a name, in the order of their names. */
export async function listQueueStates(
  executor: SqlExecutor,
  kind: RunKind,
  page: { after: string | null; limit: number },
): Promise<QueueState[]> {
  const { rows } = await executor.query<QueueState>(
    `/* engine.listQueueStates */
    select q.kind, q.name, q.status, q.capacity, ${epochMs("q.created_at")} as "createdAtMs",
      case when q.updated_at > q.created_at then ${epochMs("q.updated_at")} end as "updatedAtMs",
      (select count(*) from (select 1 from wf_run r where r.kind = q.kind and r.queue = q.name
         and r.status in ('CREATED', 'SUSPENDED') and r.waiting is null limit ${QUEUE_DEPTH_MAX}) x)::int as depth,
      (select count(*) from wf_run r where r.kind = q.kind and r.queue = q.name and r.status = 'RUNNING')::int as running
    from wf_queue q where q.kind = $1 and ($2::text is null or q.name > $2) order by q.name limit $3`,
    [kind, page.after, page.limit],
  );
  return rows;
}

/** How many queues of a kind there are. */
export async function countQueues(executor: SqlExecutor, kind: RunKind): Promise<number> {
  const { rows } = await executor.query<{ count: number }>(
    "/* engine.countQueues */ select count(*)::int as count from wf_queue where kind = $1",
    [kind],
  );
  return rows[0]?.count ?? 0;
}

/** Changes a queue for the whole cluster. False when there is no such queue. */
export async function updateQueue(
  executor: SqlExecutor,
  queue: { kind: RunKind; name: string; status?: "ACTIVE" | "PAUSED"; capacity?: number },
): Promise<boolean> {
  const { rowCount } = await executor.query(
    `/* engine.updateQueue */
    update wf_queue set status = coalesce($3, status), capacity = coalesce($4, capacity), updated_at = now() where kind = $1 and name = $2`,
    [queue.kind, queue.name, queue.status ?? null, queue.capacity ?? null],
  );
  return rowCount > 0;
}
