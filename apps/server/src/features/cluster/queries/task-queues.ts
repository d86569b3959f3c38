import type { ListTaskQueuesResponse, TaskQueue } from "@evertrack/contract/v2/task-queues";
import type { EngineClient, QueueState, RunKind } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import { decodePageToken, encodePageToken } from "../../../platform/http/index.ts";

const place = z.object({ after: z.string().regex(/^\P{Cc}*$/u) });

/** A page of the queues of a kind, by name. */
export async function listTaskQueues(
  client: EngineClient<Tx>,
  kind: RunKind,
  { limit, page_token: token }: { limit: number; page_token?: string | undefined },
): Promise<ListTaskQueuesResponse> {
  const after = token === undefined ? null : decodePageToken(place, token).after;
  const queues = await client.listQueueStates(kind, { after, limit: limit + 1 });
  const shown = queues.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(queueOf),
    ...(queues.length > limit && last ? { next_page_token: encodePageToken({ after: last.name }) } : {}),
    total: { count: await client.countQueues(kind), type: "EXACT" },
  };
}

function queueOf(queue: QueueState): TaskQueue {
  return {
    name: queue.name,
    status: queue.status,
    capacity: queue.capacity,
    depth: queue.depth,
    running: queue.running,
    created_at: queue.createdAtMs,
    ...(queue.updatedAtMs === null ? {} : { updated_at: queue.updatedAtMs }),
  };
}
