import type { SqlExecutor } from "./database.ts";
import type { RunKind } from "./run-row.ts";

/** A queue, as the cluster sees it. */
export interface Queue {
  readonly kind: RunKind;
  readonly name: string;
  readonly status: "ACTIVE" | "PAUSED";
  /** RUNNING runs at most, across all instances. */
  readonly capacity: number;
}

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
