/** Durable execution on PostgreSQL: workflows of recorded steps that survive crashes, restarts and upgrades. */
export * from "./authoring/index.ts";
export type { EngineClient, RunDetails, StartRunOptions } from "./client/client.ts";
export { UnknownStep } from "./client/unknown-step.ts";
export { createEngine, type Engine, type EngineMetricsSnapshot, type EngineStatus } from "./engine.ts";
export { ENGINE_DEFAULTS, type EngineOptions, type QueueOption } from "./engine-options.ts";
export type { CronTask } from "./leadership/cron.ts";
export type { RetentionOptions } from "./maintenance/duties.ts";
export { Histogram, type HistogramSnapshot, LATENCY_BOUNDS_MS } from "./measuring/histogram.ts";
export { type EngineDatabase, pgEngineDatabase, type SqlExecutor } from "./store/database.ts";
export type { AttemptOutcome } from "./store/end-runs.ts";
export type { AttemptView, RunFilter, RunView, StepView } from "./store/inspect-runs.ts";
export { DOCUMENT_SIZE_MAX_BYTES } from "./store/json.ts";
export type { Queue } from "./store/queues.ts";
export type { QueueBacklog } from "./store/repairs.ts";
export type { RunKind, RunStatus } from "./store/run-row.ts";
