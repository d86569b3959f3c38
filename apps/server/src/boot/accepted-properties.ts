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
/** Scheduled tasks of features that are not built yet. */
const TASKS_NOT_BUILT = [
  "defect-dojo-upload",
  "fortify-ssc-upload",
  "kenna-security-upload",
  "package-metadata-maintenance",
  "package-metadata-resolution",
  "scheduled-notification-dispatch",
  "telemetry-submission",
  "vuln-policy-bundle-sync",
];

function accepted(prefix: string, members: readonly string[], meaning: string): Property<string>[] {
  return members.map((member) =>
    property.string(`${prefix}.${member}`, { meaning, withoutEffect: true, secret: /secret|access-key/.test(member) }),
  );
}

/** Accepted for compatibility and without effect. What would switch on a feature that is not built is refused: see `NOT_BUILT`. */
export const acceptedProperties: readonly Property<unknown>[] = [
  ...accepted("dt.dex-engine", ENGINE_TUNING, "the engine paces itself"),
  ...accepted("dt.file-storage.s3", S3, "of storage in S3, which this version does not offer"),
  ...accepted("dt.task-scheduler", TASK_SCHEDULER, "scheduled tasks are fired by the leader and run by the workers"),
  ...accepted(
    "dt.task",
    TASKS_NOT_BUILT.map((task) => `${task}.cron`),
    "the task is of a feature that is not built yet",
  ),
  ...accepted("dt.task", ["portfolio-analysis.cron"], "analyses are spread over the day, see max-analysis-age-ms"),
  ...accepted(
    "dt.task",
    ["vuln-database-maintenance.cron"],
    "what an advisory affects is replaced and removed with it",
  ),
  property.oneOf("dt.dex-engine.datasource.name", ["default"], {
    default: "default",
    meaning: "the engine works in the product's database",
    withoutEffect: true,
  }),
];
