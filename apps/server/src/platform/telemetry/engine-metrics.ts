import type { Engine, EngineMetricsSnapshot } from "@evertrack/engine";
import type { Metrics, Sample } from "./metrics.ts";

const WORKER = "dt_dex_engine_task_worker";
const LEADERSHIP = "dt_dex_engine_leadership";

/** Registers what the engine tells of itself. Backlogs are known to the leader alone. */
export function addEngineMetrics<Tx>(metrics: Metrics, engine: Engine<Tx>, instanceId: string): void {
  metrics.gauge(
    { name: "dt_dex_engine_info", help: "The engine's instance, as in run histories", labels: ["instanceId"] },
    () => [{ labels: { instanceId }, value: 1 }],
  );
  addBacklogs(metrics, engine);
  addWorkers(metrics, engine);
  addCounters(metrics, () => engine.metrics());
  metrics.gauge({ name: `${LEADERSHIP}_status`, help: "1 while this instance leads" }, () =>
    engine.isLeader() ? 1 : 0,
  );
}

function addBacklogs<Tx>(metrics: Metrics, engine: Engine<Tx>): void {
  const backlogsOf = (kind: string) =>
    engine.isLeader() ? engine.metrics().backlogs.filter((backlog) => backlog.kind === kind) : [];
  for (const kind of ["workflow", "activity"]) {
    const name = `dt_dex_engine_${kind}_task_queue_backlog`;
    const labels = ["queueName"];
    metrics.gauge({ name, help: `Due ${kind} runs by queue, counted to 10000 (leader only)`, labels }, () =>
      backlogsOf(kind).map(({ queue, ready }) => ({ labels: { queueName: queue }, value: ready })),
    );
    metrics.gauge({ name: `${name}_age_seconds`, help: "Age of the oldest due run (leader only)", labels }, () =>
      backlogsOf(kind).map(({ queue, oldestAgeMs }) => ({ labels: { queueName: queue }, value: oldestAgeMs / 1000 })),
    );
  }
}

function addWorkers<Tx>(metrics: Metrics, engine: Engine<Tx>): void {
  metrics.gauge(
    {
      name: `${WORKER}_concurrency_utilization`,
      help: "Used share of this instance's places by queue",
      labels: ["workerType", "name"],
    },
    () =>
      engine.status().queues.map(({ kind, queue, concurrency, active }) => ({
        labels: { workerType: kind, name: queue },
        value: concurrency === 0 ? 0 : active / concurrency,
      })),
  );
  metrics.gauge({ name: "dt_dex_engine_backed_up", help: "1 while writes fail and nothing is claimed" }, () =>
    engine.status().backedUp ? 1 : 0,
  );
}

interface EngineCounter {
  name: string;
  help: string;
  labels?: readonly string[];
  read(snapshot: EngineMetricsSnapshot): number | Sample[];
}

const COUNTERS: readonly EngineCounter[] = [
  { name: `${WORKER}_polls_total`, help: "Looks for work", read: ({ claims }) => claims.polls },
  { name: `${WORKER}_poll_failures_total`, help: "Looks for work that failed", read: ({ claims }) => claims.failures },
  {
    name: `${WORKER}_poll_latency_seconds_total`,
    help: "Time spent looking for work",
    read: ({ claims }) => claims.durationMs / 1000,
  },
  { name: `${WORKER}_tasks_polled_total`, help: "Runs claimed", read: ({ claims }) => claims.claimed },
  {
    name: "dt_dex_engine_task_scheduling_latency_seconds_total",
    help: "Time runs waited between being due and being claimed; divide by tasks polled",
    read: ({ claims }) => claims.waitedMs / 1000,
  },
  {
    name: `${WORKER}_poll_skipped_backpressure_total`,
    help: "Looks for work left out because writes were behind",
    read: ({ claims }) => claims.backPressure,
  },
  {
    name: `${WORKER}_tasks_processed_total`,
    help: "Attempts that ended, by how",
    labels: ["outcome"],
    read: ({ ended }) => Object.entries(ended).map(([outcome, value]) => ({ labels: { outcome }, value })),
  },
  {
    name: "dt_dex_engine_leases_lost_total",
    help: "Claims lost to another instance",
    read: ({ leases }) => leases.lost,
  },
  { name: `${LEADERSHIP}_acquired_total`, help: "Leadership won", read: ({ leadership }) => leadership.acquired },
  { name: `${LEADERSHIP}_lost_total`, help: "Leadership lost", read: ({ leadership }) => leadership.lost },
  {
    name: "dt_dex_engine_schedule_fired_total",
    help: "Scheduled runs started",
    read: ({ leadership }) => leadership.fired,
  },
  bufferCounter("flushes", "Batches written"),
  bufferCounter("items", "Items written"),
  bufferCounter("failures", "Batches that could not be written at first"),
];

function bufferCounter(member: "flushes" | "items" | "failures", help: string): EngineCounter {
  return {
    name: `dt_dex_engine_buffer_${member}_total`,
    help,
    labels: ["buffer"],
    read: ({ buffers }) =>
      Object.entries(buffers).map(([buffer, counters]) => ({ labels: { buffer }, value: counters[member] })),
  };
}

function addCounters(metrics: Metrics, snapshot: () => EngineMetricsSnapshot): void {
  for (const { read, ...description } of COUNTERS) metrics.counter(description, () => read(snapshot()));
}
