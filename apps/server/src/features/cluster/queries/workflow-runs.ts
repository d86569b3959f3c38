import type {
  ListWorkflowRunsResponse,
  listWorkflowRunsQuery,
  WorkflowRunMetadata,
} from "@evertrack/contract/v2/workflow-runs";
import {
  type EngineClient,
  type RunListQuery,
  type RunPosition,
  type RunSort,
  type RunSummary,
  workflowVersionOf,
} from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import { AppError, decodePageToken, encodePageToken, InvalidRequest } from "../../../platform/http/index.ts";

type Query = z.output<typeof listWorkflowRunsQuery>;

const SORTS: Readonly<Record<string, RunSort>> = { id: "id", created_at: "createdAt", completed_at: "finishedAt" };

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .refine((text) => {
    const date = new Date(text);
    return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
  });
const position = { descending: z.boolean(), seq: z.int().min(0) };
const place = z.discriminatedUnion("sort", [
  z.object({ sort: z.literal("id"), key: z.guid(), ...position }),
  z.object({ sort: z.literal("createdAt"), key: instant, ...position }),
  z.object({ sort: z.literal("finishedAt"), key: instant, ...position }),
]);

/** A page of workflow runs, newest first unless asked otherwise. */
export async function listWorkflowRuns(client: EngineClient<Tx>, query: Query): Promise<ListWorkflowRunsResponse> {
  const order = orderOf(query);
  const { runs, next, total } = await client.listRunsPage({ ...filtersOf(query), ...order, limit: query.limit });
  const { sort, descending } = order;
  return {
    items: runs.map(metadataOf),
    ...(next === null ? {} : { next_page_token: encodePageToken({ sort, descending, ...next }) }),
    total: { count: total.count, type: total.exact ? "EXACT" : "AT_LEAST" },
  };
}

/** The run, of a workflow or an activity. */
export async function workflowRun(client: EngineClient<Tx>, id: string): Promise<WorkflowRunMetadata> {
  return metadataOf(await requireRun(client, id));
}

/** The one run of an instance id that has not ended. */
export async function workflowInstance(client: EngineClient<Tx>, id: string): Promise<WorkflowRunMetadata> {
  const run = await client.getActiveInstance(id);
  if (run === null) throw new AppError("not-found", `No run with the instance id ${id} is active.`);
  return metadataOf(run);
}

/** The run's summary, or a 404. */
export async function requireRun(client: EngineClient<Tx>, id: string): Promise<RunSummary> {
  const run = await client.getRunSummary(id);
  if (run === null)
    throw new AppError("not-found", `There is no run ${id}. Runs are deleted some time after their end.`);
  return run;
}

/** A token knows its list's order; naming another one with it is a mistake. */
function orderOf(query: Query): { sort: RunSort; descending: boolean; after?: RunPosition } {
  const sort = query.sort_by === undefined ? undefined : sortNamed(query.sort_by);
  const descending = query.sort_direction === undefined ? undefined : query.sort_direction === "DESC";
  if (query.page_token === undefined) return { sort: sort ?? "createdAt", descending: descending ?? true };
  const { key, seq, ...order } = decodePageToken(place, query.page_token);
  if (sort !== undefined && sort !== order.sort) throw otherOrder("sort_by", query.sort_by);
  if (descending !== undefined && descending !== order.descending)
    throw otherOrder("sort_direction", query.sort_direction);
  return { ...order, after: { key, seq } };
}

function sortNamed(name: string): RunSort {
  const sort = Object.hasOwn(SORTS, name) ? SORTS[name] : undefined;
  if (sort !== undefined) return sort;
  throw new AppError("invalid-sort-field", `The list cannot be sorted by "${name}"`, {
    extensions: { invalid_field: name, allowed_fields: Object.keys(SORTS) },
  });
}

function otherOrder(path: string, invalidValue: unknown): InvalidRequest {
  const message = "is not the order of the list the page token belongs to";
  return new InvalidRequest([{ path, message, messageTemplate: "invalid", invalidValue }]);
}

function filtersOf(query: Query): Omit<RunListQuery, "sort" | "descending" | "limit"> {
  return {
    name: query.workflow_name,
    version: query.workflow_version,
    instanceId: query.workflow_instance_id,
    status: query.status,
    labels: query.label,
    createdSinceMs: query.created_since,
    createdBeforeMs: query.created_before,
    finishedSinceMs: query.completed_since,
    finishedBeforeMs: query.completed_before,
  };
}

function metadataOf(run: RunSummary): WorkflowRunMetadata {
  const waiting = run.heldAtMs === null ? run.waiting : "operator";
  return {
    id: run.id,
    ...(run.parentId === null ? {} : { parent_id: run.parentId }),
    workflow_name: run.name,
    workflow_version: workflowVersionOf(run.name),
    ...(run.instanceId === null ? {} : { workflow_instance_id: run.instanceId }),
    task_queue_name: run.queue,
    status: run.status,
    priority: run.priority,
    ...(run.concurrencyKey === null ? {} : { concurrency_key: run.concurrencyKey }),
    ...(run.labels === null ? {} : { labels: run.labels }),
    created_at: run.createdAtMs,
    updated_at: run.updatedAtMs,
    ...(run.startedAtMs === null ? {} : { started_at: run.startedAtMs }),
    ...(run.finishedAtMs === null ? {} : { completed_at: run.finishedAtMs }),
    kind: run.kind === "workflow" ? "WORKFLOW" : "ACTIVITY",
    ...(waiting === null ? {} : { waiting_for: WAITING_WORDS[waiting] }),
    ...(run.ownerId === null ? {} : { owner: { instance_id: run.ownerId, version: run.ownerVersion ?? undefined } }),
    attempt: run.attempt,
    ...(run.failure === null ? {} : { failure: run.failure }),
  };
}

const WAITING_WORDS = { key: "KEY", time: "TIME", event: "EVENT", operator: "OPERATOR" } as const;
