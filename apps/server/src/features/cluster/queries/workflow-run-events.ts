import type {
  ListWorkflowRunEventsResponse,
  listWorkflowRunEventsQuery,
  WorkflowRunEvent,
} from "@evertrack/contract/v2/workflow-runs";
import { type EngineClient, type RunEvent, type RunSummary, workflowVersionOf } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import { decodePageToken, encodePageToken, InvalidRequest } from "../../../platform/http/index.ts";
import { requireRun } from "./workflow-runs.ts";

type Query = z.output<typeof listWorkflowRunEventsQuery>;

const place = z.object({ from: z.int().min(0), after: z.int().min(0), descending: z.boolean() });

/** A page of what happened to a run, oldest first unless asked otherwise. */
export async function listWorkflowRunEvents(
  client: EngineClient<Tx>,
  runId: string,
  query: Query,
): Promise<ListWorkflowRunEventsResponse> {
  const run = await requireRun(client, runId);
  const part = partOf(query);
  const { events, more, total } = await client.listRunEvents(runId, { ...part, limit: query.limit });
  const last = events.at(-1);
  const { from, descending } = part;
  return {
    items: events.map((event) => ({ sequence_number: event.number, event: eventOf(event, run) })),
    ...(more && last ? { next_page_token: encodePageToken({ from, after: last.number, descending }) } : {}),
    total: { count: total, type: "EXACT" },
  };
}

function partOf(query: Query): { from: number; after: number | null; descending: boolean } {
  const { page_token: token, from_sequence_number: from, sort_direction: direction } = query;
  if (token === undefined) return { from: from ?? 0, after: null, descending: direction === "DESC" };
  if (from !== undefined) throw invalid("from_sequence_number", "cannot be combined with page_token", from);
  const part = decodePageToken(place, token);
  if (direction === undefined || (direction === "DESC") === part.descending) return part;
  throw invalid("sort_direction", "is not the order of the list the page token belongs to", direction);
}

function invalid(path: string, message: string, invalidValue: unknown): InvalidRequest {
  return new InvalidRequest([{ path, message, messageTemplate: "invalid", invalidValue }]);
}

function eventOf(event: RunEvent, run: RunSummary): WorkflowRunEvent {
  const [kind, content] = contentOf(event, run);
  return { id: event.number, timestamp: event.atMs, [kind]: withoutNulls(content) };
}

/** Members clients of Dependency-Track know are named like there; `instanceId`, `instanceVersion` and some others are ours. */
function contentOf(event: RunEvent, run: RunSummary): [kind: string, content: Record<string, unknown>] {
  const by = { instanceId: event.instanceId, instanceVersion: event.instanceVersion, attempt: event.attempt };
  const { name, document, error: failure, outcome } = event;
  switch (event.type) {
    case "runCreated":
      return ["runCreated", { ...aboutRun(run), argument: document }];
    case "runStarted":
    case "runResumed":
      return [event.type, by];
    case "runSuspended":
      return ["runSuspended", { reason: outcome, ...by, failure }];
    case "runCanceled":
      return ["runCanceled", by];
    case "runCompleted":
      return ["runCompleted", { status: outcome, result: document, failure, ...by }];
    case "childCreated":
      return childCreated(event);
    case "childEnded":
      return childEnded(event);
    case "timerCreated":
      return ["timerCreated", { timerName: name, elapseAt: event.elapseAtMs }];
    case "timerElapsed":
      return ["timerElapsed", { timerName: name, timerCreatedEventId: event.beganWith }];
    case "sideEffectExecuted":
      return ["sideEffectExecuted", { name, result: document, failure, attempts: event.attempt }];
    case "externalEventReceived":
      return ["externalEventReceived", { id: name, payload: document }];
  }
}

function aboutRun(run: RunSummary): Record<string, unknown> {
  return {
    workflowName: run.name,
    workflowVersion: workflowVersionOf(run.name),
    workflowInstanceId: run.instanceId,
    parentRunId: run.parentId,
    queueName: run.queue,
    priority: run.priority,
    concurrencyKey: run.concurrencyKey,
    labels: run.labels,
  };
}

function childCreated({ name, document, child }: RunEvent): [string, Record<string, unknown>] {
  const { id, stepName, queue: queueName, priority, concurrencyKey } = child ?? {};
  if (child?.kind === "activity")
    return ["activityTaskCreated", { name, queueName, priority, argument: document, runId: id, stepName }];
  const workflow = { workflowName: name, workflowVersion: workflowVersionOf(name ?? "") };
  return ["childRunCreated", { id, ...workflow, queueName, priority, concurrencyKey, argument: document, stepName }];
}

const CANCELLED = { message: "was cancelled", type: "Cancelled", retryable: false };

function childEnded(event: RunEvent): [string, Record<string, unknown>] {
  const { child, document, instanceId, instanceVersion } = event;
  const isActivity = child?.kind === "activity";
  const began = isActivity
    ? { activityTaskCreatedEventId: event.beganWith, name: event.name, runId: child.id, attempts: event.attempt }
    : { childRunCreatedEventId: event.beganWith, workflowName: event.name, id: child?.id };
  const about = { ...began, instanceId, instanceVersion };
  const kind = isActivity ? "activityTask" : "childRun";
  if (child?.status === "COMPLETED") return [`${kind}Completed`, { ...about, result: document }];
  return [`${kind}Failed`, { ...about, failure: event.error ?? (child?.status === "CANCELLED" ? CANCELLED : null) }];
}

function withoutNulls(content: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null && value !== undefined));
}
