import {
  listWorkflowRunEventsQuery,
  listWorkflowRunsQuery,
  retryWorkflowRunRequest,
  workflowInstancePath,
  workflowRunPath,
} from "@evertrack/contract/v2/workflow-runs";
import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { Log } from "../../../../platform/log/log.ts";
import { operateRun } from "../../commands/operate-run.ts";
import { listWorkflowRunEvents } from "../../queries/workflow-run-events.ts";
import { listWorkflowRuns, workflowInstance, workflowRun } from "../../queries/workflow-runs.ts";

const RUNS = "/api/v2/internal/workflow-runs";
const READERS = ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"] as const;
const OPERATORS = ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"] as const;

/** Looking at durable work (spec/api-v2.md). */
export function workflowRunRoutes(client: EngineClient<Tx>): Route[] {
  return [
    route({
      method: "GET",
      path: RUNS,
      access: READERS,
      query: listWorkflowRunsQuery,
      handle: ({ query }) => listWorkflowRuns(client, query),
    }),
    route({
      method: "GET",
      path: `${RUNS}/:id`,
      access: READERS,
      params: workflowRunPath,
      handle: ({ params }) => workflowRun(client, params.id),
    }),
    route({
      method: "GET",
      path: `${RUNS}/:id/events`,
      access: READERS,
      params: workflowRunPath,
      query: listWorkflowRunEventsQuery,
      handle: ({ params, query }) => listWorkflowRunEvents(client, params.id, query),
    }),
    route({
      method: "GET",
      path: "/api/v2/internal/workflow-instances/:id",
      access: READERS,
      params: workflowInstancePath,
      handle: ({ params }) => workflowInstance(client, params.id),
    }),
  ];
}

/** Changing the course of a run: Evertrack's own addition to API v2. */
export function workflowRunActionRoutes(client: EngineClient<Tx>, log: Log): Route[] {
  const plain = (["cancel", "suspend", "resume"] as const).map((action) =>
    route({
      method: "POST",
      path: `${RUNS}/:id/${action}`,
      access: OPERATORS,
      params: workflowRunPath,
      async handle({ params, principal, reply }) {
        await operateRun(client, log, { action, runId: params.id, principal });
        reply.status(204);
      },
    }),
  );
  const retry = route({
    method: "POST",
    path: `${RUNS}/:id/retry`,
    access: OPERATORS,
    params: workflowRunPath,
    body: retryWorkflowRunRequest,
    async handle({ params, body, principal, reply }) {
      await operateRun(client, log, { action: "retry", runId: params.id, fromStep: body.from_step, principal });
      reply.status(204);
    },
  });
  return [...plain, retry];
}
