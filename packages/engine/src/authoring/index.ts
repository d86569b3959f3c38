/** The only values workflow files may import: definitions and errors, no machinery. */
export { type Activity, type ActivityContext, type ActivityRef, activityRef, defineActivity } from "./activity.ts";
export type { RunHandle, StartOptions, WorkflowContext } from "./context.ts";
export { Retryable, RunFailed, type StoredError, Terminal } from "./errors.ts";
export type { EngineLog } from "./log.ts";
export type { RetryPolicy } from "./retry.ts";
export { defineWorkflow, type Workflow, type WorkflowRef, workflowRef } from "./workflow.ts";
