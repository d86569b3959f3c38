import { pageQuery } from "@evertrack/contract/v2/paging";
import { taskQueuePath, taskQueuesPath, updateTaskQueueRequest } from "@evertrack/contract/v2/task-queues";
import type { EngineClient, RunKind } from "@evertrack/engine";
import type { Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { Log } from "../../../../platform/log/log.ts";
import { updateTaskQueue } from "../../commands/update-task-queue.ts";
import { listTaskQueues } from "../../queries/task-queues.ts";

const QUEUES = "/api/v2/internal/task-queues/:type";
const KINDS = { WORKFLOW: "workflow", ACTIVITY: "activity" } as const satisfies Record<string, RunKind>;

/** Queues of durable work (spec/api-v2.md): what waits in them, pausing, resizing. */
export function taskQueueRoutes(client: EngineClient<Tx>, log: Log): Route[] {
  return [
    route({
      method: "GET",
      path: QUEUES,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      params: taskQueuesPath,
      query: pageQuery,
      handle: ({ params, query }) => listTaskQueues(client, KINDS[params.type], query),
    }),
    route({
      method: "PATCH",
      path: `${QUEUES}/:name`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      params: taskQueuePath,
      body: updateTaskQueueRequest,
      async handle({ params, body, principal, reply }) {
        await updateTaskQueue(client, log, { kind: KINDS[params.type], name: params.name, ...body, principal });
        reply.status(204);
      },
    }),
  ];
}
