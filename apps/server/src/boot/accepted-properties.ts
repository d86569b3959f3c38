import { type Property, property } from "../platform/config/index.ts";

/** Names of version 5 that tune machinery this server does not have; environments that set them keep working. */
const ENGINE_TUNING = [
  "activity-task-heartbeat-buffer.flush-interval-ms",
  "activity-task-heartbeat-buffer.max-batch-size",
  "activity-task-scheduler.poll-interval-ms",
  "activity-task-scheduler.poll-backoff.initial-delay-ms",
  "activity-task-scheduler.poll-backoff.max-delay-ms",
  "activity-task-scheduler.poll-backoff.multiplier",
  "activity-task-scheduler.poll-backoff.randomization-factor",
  "activity.execution-timeout-ms",
  "external-event-buffer.flush-interval-ms",
  "external-event-buffer.max-batch-size",
  "maintenance.worker-initial-delay-ms",
  "metrics-collector.enabled",
  "metrics-collector.initial-delay-ms",
  "metrics-collector.interval-ms",
  "query-timeout-ms",
  "run-history-cache.evict-after-access-ms",
  "run-history-cache.max-size",
  "task-event-buffer.flush-interval-ms",
  "task-event-buffer.max-batch-size",
  "workflow-task-scheduler.concurrency-key-wakeup-repair-interval-ms",
  "workflow-task-scheduler.poll-backoff.initial-delay-ms",
  "workflow-task-scheduler.poll-backoff.max-delay-ms",
  "workflow-task-scheduler.poll-backoff.multiplier",
  "workflow-task-scheduler.poll-backoff.randomization-factor",
];
const S3 = [
  "access-key",
  "bucket",
  "compression-level",
  "connect-timeout-ms",
  "credentials-source",
  "endpoint",
  "read-timeout-ms",
  "region",
  "secret-key",
  "write-timeout-ms",
];
const TASK_SCHEDULER = ["poll-interval-ms", "shutdown-max-wait-ms", "threads"];

function accepted(prefix: string, members: readonly string[], meaning: string): Property<string>[] {
  return members.map((member) =>
    property.string(`${prefix}.${member}`, { meaning, withoutEffect: true, secret: /secret|access-key/.test(member) }),
  );
}

/** Accepted for compatibility and without effect. Features that are not built have no properties here: see `NOT_BUILT`. */
export const acceptedProperties: readonly Property<unknown>[] = [
  ...accepted("dt.dex-engine", ENGINE_TUNING, "the engine paces itself"),
  ...accepted("dt.file-storage.s3", S3, "of storage in S3, which this version does not offer"),
  ...accepted("dt.task-scheduler", TASK_SCHEDULER, "scheduled tasks are fired by the leader and run by the workers"),
  property.oneOf("dt.dex-engine.datasource.name", ["default"], {
    default: "default",
    meaning: "the engine works in the product's database",
    withoutEffect: true,
  }),
];
