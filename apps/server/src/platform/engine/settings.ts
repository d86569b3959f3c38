import { type Config, PropertyError, property } from "../config/index.ts";
import { servedQueues } from "./served-queues.ts";

/** Queues of the engine with their cluster-wide capacity, and the workers that serve them here (spec: cluster §8). */
const ACTIVITY_WORKERS: readonly { worker: string; queue: string; capacity: number; concurrency: number }[] = [
  { worker: "default", queue: "default", capacity: 1000, concurrency: 25 },
  { worker: "artifact-import", queue: "artifact-imports", capacity: 25, concurrency: 5 },
  { worker: "vuln-analysis", queue: "vuln-analyses", capacity: 25, concurrency: 10 },
  { worker: "vuln-analysis-reconciliation", queue: "vuln-analysis-reconciliations", capacity: 25, concurrency: 5 },
  { worker: "metrics-update", queue: "metrics-updates", capacity: 25, concurrency: 5 },
  { worker: "policy-evaluation", queue: "policy-evaluations", capacity: 25, concurrency: 5 },
  { worker: "notification", queue: "notifications", capacity: 25, concurrency: 5 },
  { worker: "package-metadata-resolution", queue: "package-metadata-resolutions", capacity: 25, concurrency: 3 },
];
const WORKFLOW_QUEUE_CAPACITY = 1000;
const SLOTS = ["workflow:default", ...ACTIVITY_WORKERS.map(({ queue }) => `activity:${queue}`)];

function workerProperties(kind: "workflow" | "activity", worker: string, concurrency: number) {
  const prefix = `dt.dex-engine.${kind}-worker.${worker}`;
  return {
    enabled: property.boolean(`${prefix}.enabled`, { default: true, meaning: "run this worker" }),
    concurrency: property.integer(`${prefix}.max-concurrency`, {
      default: concurrency,
      min: 1,
      max: 1000,
      meaning: "tasks at a time on this instance",
    }),
  };
}

export const engineProperties = {
  workersEnabled: property.boolean("dt.dex-engine.workers.enabled", {
    default: true,
    meaning: "claim work on this instance",
  }),
  servedQueues: servedQueues(SLOTS),
  leaderElection: property.boolean("dt.dex-engine.leader-election.enabled", {
    default: true,
    meaning: "take part in leader election",
  }),
  leaseMs: property.integer("dt.dex-engine.leader-election.lease-duration-ms", {
    default: 30_000,
    min: 1000,
    meaning: "length of the leader's lease",
  }),
  checkMs: property.integer("dt.dex-engine.leader-election.lease-check-interval-ms", {
    default: 15_000,
    min: 100,
    meaning: "renewal and take-over attempts; shorter than the lease",
  }),
  lockMs: property.integer("dt.dex-engine.activity.lock-timeout-ms", {
    default: 30_000,
    min: 1000,
    meaning: "lease of claimed work, renewed while it runs; bounds how long a crash delays it",
  }),
  retentionMs: property.integer("dt.dex-engine.maintenance.run-retention-ms", {
    default: 86_400_000,
    min: 1000,
    meaning: "finished runs are kept",
  }),
  retentionIntervalMs: property.integer("dt.dex-engine.maintenance.worker-interval-ms", {
    default: 1_800_000,
    min: 1000,
    meaning: "between two removals of finished runs",
  }),
  retentionBatch: property.integer("dt.dex-engine.maintenance.run-deletion-batch-size", {
    default: 1000,
    min: 1,
    max: 100_000,
    meaning: "runs per removal batch",
  }),
  retentionBatches: property.integer("dt.dex-engine.maintenance.run-deletion-max-batches-per-cycle", {
    default: 100,
    min: 1,
    meaning: "batches per cycle",
  }),
  pollMs: property.integer("dt.dex-engine.workflow-task-scheduler.poll-interval-ms", {
    default: 100,
    min: 10,
    meaning: "shortest poll interval",
  }),
  schedulerEnabled: property.boolean("dt.task-scheduler.enabled", {
    default: true,
    meaning: "fire scheduled tasks on this instance",
  }),
};

/** Every property of the engine, for documentation and the check of unknown keys. */
export const allEngineProperties = [
  ...Object.values(engineProperties),
  ...Object.values(workerProperties("workflow", "default", 100)),
  ...ACTIVITY_WORKERS.flatMap(({ worker, concurrency }) =>
    Object.values(workerProperties("activity", worker, concurrency)),
  ),
];

const BEATS_PER_LEASE = 3;
const POLL_MAX_MS = 1_000;

/** The engine's options that come from configuration. */
export function engineSettings(config: Config) {
  const leaseMs = config.get(engineProperties.lockMs);
  const pollMs = config.get(engineProperties.pollMs);
  return {
    queues: [
      { name: "default", kind: "workflow" as const, capacity: WORKFLOW_QUEUE_CAPACITY },
      ...ACTIVITY_WORKERS.map(({ queue, capacity }) => ({ name: queue, kind: "activity" as const, capacity })),
    ],
    workersEnabled: config.get(engineProperties.workersEnabled),
    workers: workersOf(config),
    leaderElection: leaderElectionOf(config),
    lease: { leaseMs, beatMs: Math.floor(leaseMs / BEATS_PER_LEASE) },
    retention: {
      runRetentionMs: config.get(engineProperties.retentionMs),
      intervalMs: config.get(engineProperties.retentionIntervalMs),
      batchSize: config.get(engineProperties.retentionBatch),
      batchesMax: config.get(engineProperties.retentionBatches),
    },
    polling: { intervalMs: pollMs, maxMs: Math.max(pollMs, POLL_MAX_MS) },
    schedulerEnabled: config.get(engineProperties.schedulerEnabled),
  };
}

/** A lease that ends before it is renewed would change hands all the time. */
function leaderElectionOf(config: Config): { enabled: boolean; leaseMs: number; checkMs: number } {
  const { leaderElection, leaseMs, checkMs } = engineProperties;
  const election = { leaseMs: config.get(leaseMs), checkMs: config.get(checkMs) };
  if (election.checkMs >= election.leaseMs)
    throw new PropertyError(
      checkMs.name,
      String(election.checkMs),
      `shorter than ${leaseMs.name} (${election.leaseMs})`,
    );
  return { enabled: config.get(leaderElection), ...election };
}

/** By the engine's slot names, `workflow:<queue>` and `activity:<queue>`. */
function workersOf(config: Config): Record<string, { enabled: boolean; concurrency: number }> {
  const served = config.get(engineProperties.servedQueues);
  const workers: [slot: string, worker: ReturnType<typeof workerOf>][] = [
    ["workflow:default", workerOf(config, "workflow", "default", 100)],
    ...ACTIVITY_WORKERS.map(
      ({ worker, queue, concurrency }) =>
        [`activity:${queue}`, workerOf(config, "activity", worker, concurrency)] as [
          string,
          ReturnType<typeof workerOf>,
        ],
    ),
  ];
  return Object.fromEntries(
    workers.map(([slot, worker]) => [slot, { ...worker, enabled: worker.enabled && served.includes(slot) }]),
  );
}

function workerOf(config: Config, kind: "workflow" | "activity", worker: string, concurrency: number) {
  const properties = workerProperties(kind, worker, concurrency);
  return { enabled: config.get(properties.enabled), concurrency: config.get(properties.concurrency) };
}
