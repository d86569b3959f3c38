import { z } from "zod";
import { uuidText } from "../v1/access.ts";
import { given, pageOf, pageQuery, sortDirection, wholeNumber } from "./paging.ts";

const TEXT_CHARS_MAX = 1000;
const LABELS_MAX = 20;
const TIME_MAX_MS = 8_640_000_000_000_000;

const text = z
  .string()
  .min(1)
  .max(TEXT_CHARS_MAX)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");
const time = given(wholeNumber(0, TIME_MAX_MS));

/** States of a run; the last three are final. */
export const workflowRunStatus = z.enum(["CREATED", "RUNNING", "SUSPENDED", "CANCELLED", "COMPLETED", "FAILED"]);

/** `name=value`, repeatable; of a name given twice the last value counts. */
const labels = z
  .preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z
      .array(
        z
          .string()
          .max(TEXT_CHARS_MAX)
          .regex(/^[^=\p{Cc}]+=\P{Cc}*$/u, "must be name=value"),
      )
      .max(LABELS_MAX)
      .optional(),
  )
  .transform((pairs) =>
    Object.fromEntries(
      (pairs ?? []).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    ),
  );

/** Query of `GET /v2/internal/workflow-runs`. Times are epoch milliseconds: `since` is included, `before` is not. */
export const listWorkflowRunsQuery = pageQuery.extend({
  workflow_name: given(text),
  workflow_version: given(wholeNumber(1, 100)),
  workflow_instance_id: given(text),
  status: given(workflowRunStatus),
  label: labels,
  created_since: time,
  created_before: time,
  completed_since: time,
  completed_before: time,
  sort_by: given(text),
  sort_direction: given(sortDirection),
});

/** Path of a run. */
export const workflowRunPath = z.object({ id: uuidText });

/** Path of the run of an instance id that has not ended. */
export const workflowInstancePath = z.object({ id: text });

/** A run. Members after `completed_at` are Evertrack's own. Times are epoch milliseconds. */
export const workflowRunMetadata = z.object({
  id: z.string(),
  parent_id: z.string().optional(),
  workflow_name: z.string(),
  /** 1, or N of a name that ends in `.vN`. */
  workflow_version: z.number().int(),
  workflow_instance_id: z.string().optional(),
  task_queue_name: z.string(),
  status: workflowRunStatus,
  priority: z.number().int(),
  concurrency_key: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  created_at: z.number(),
  updated_at: z.number().optional(),
  started_at: z.number().optional(),
  completed_at: z.number().optional(),
  /** Lists hold workflows; an activity is found by its id. */
  kind: z.enum(["WORKFLOW", "ACTIVITY"]),
  /** What a run that does not run waits for: its concurrency key, a time, an event (a child, a signal), an operator's `resume`. */
  waiting_for: z.enum(["KEY", "TIME", "EVENT", "OPERATOR"]).optional(),
  /** Who runs it now, in which version. */
  owner: z.object({ instance_id: z.string(), version: z.string().optional() }).optional(),
  attempt: z.number().int(),
  /** Why it failed, or why its last attempt did. */
  failure: z.string().optional(),
});

/** See workflowRunMetadata. */
export type WorkflowRunMetadata = z.output<typeof workflowRunMetadata>;

/** Page of runs. */
export const listWorkflowRunsResponse = z.object({ items: z.array(workflowRunMetadata), ...pageOf });

/** See listWorkflowRunsResponse. */
export type ListWorkflowRunsResponse = z.output<typeof listWorkflowRunsResponse>;

/** Query of `GET /v2/internal/workflow-runs/{id}/events`. `from_sequence_number` is the last one seen. */
export const listWorkflowRunEventsQuery = pageQuery.extend({
  from_sequence_number: given(wholeNumber(0, 2_147_483_647)),
  sort_direction: given(sortDirection),
});

/** One event: `id`, `timestamp` (epoch milliseconds) and one member named like its kind, e.g. `runStarted`. */
export const workflowRunEvent = z.looseObject({ id: z.number().int(), timestamp: z.number() });

/** See workflowRunEvent. */
export type WorkflowRunEvent = z.output<typeof workflowRunEvent>;

/** Page of events; numbers begin with 1. */
export const listWorkflowRunEventsResponse = z.object({
  items: z.array(z.object({ sequence_number: z.number().int(), event: workflowRunEvent })),
  ...pageOf,
});

/** See listWorkflowRunEventsResponse. */
export type ListWorkflowRunEventsResponse = z.output<typeof listWorkflowRunEventsResponse>;

/** Body of `POST /v2/internal/workflow-runs/{id}/retry`; without `from_step` a failed run goes on from its last good step. */
export const retryWorkflowRunRequest = z.strictObject({ from_step: text.optional() });
