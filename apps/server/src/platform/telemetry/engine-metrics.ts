import type { Engine, EngineMetricsSnapshot, HistogramSnapshot } from "@evertrack/engine";
import type { Metrics, Sample } from "./metrics.ts";

const ENGINE = "dt_dex_engine";
const WORKER = `${ENGINE}_task_worker`;
const LEADERSHIP = `${ENGINE}_leadership`;
const MS_PER_SECOND = 1000;

/** Reads the snapshot of the current scrape: one for all metrics, for some count since the last one. */
type Read = () => EngineMetricsSnapshot;

/** Registers what the engine tells of itself. Backlogs are known to the leader alone. */
export function addEngineMetrics<Tx>(metrics: Metrics, engine: Engine<Tx>, instanceId: string): void {
  let snapshot = engine.metrics();
  metrics.beforeScrape(() => {
    snapshot = engine.metrics();
  });
  const read: Read = () => snapshot;
  metrics.gauge(
    { name: `${ENGINE}_info`, help: "The engine's instance, as in run histories", labels: ["instanceId"] },
    () => [{ labels: { instanceId }, value: 1 }],
  );
  metrics.gauge({ name: `${LEADERSHIP}_status`, help: "1 while this instance leads" }, () =>
    engine.isLeader() ? 1 : 0,
  );
  addBacklogs(metrics, () => (engine.isLeader() ? snapshot.backlogs : []));
  addPlaces(metrics, engine);
  addEventLoopLag(metrics, read);
  for (const { read: readOf, ...description } of COUNTERS) metrics.counter(description, () => readOf(read()));
  addLatenciesByQueue(metrics, read);
  addBufferHistograms(metrics, read);
}

function addBacklogs(metrics: Metrics, read: () => EngineMetricsSnapshot["backlogs"]): void {
  const backlogsOf = (kind: string) => read().filter((backlog) => backlog.kind === kind);
  for (const kind of ["workflow", "activity"]) {
    const name = `${ENGINE}_${kind}_task_queue_backlog`;
    const labels = ["queueName"];
    metrics.gauge({ name, help: `Due ${kind} runs by queue, counted to 10000 (leader only)`, labels }, () =>
      backlogsOf(kind).map(({ queue, ready }) => ({ labels: { queueName: queue }, value: ready })),
    );
    const help = "Time the longest-waiting due run has waited (leader only)";
    metrics.gauge({ name: `${name}_age_seconds`, help, labels }, () =>
      backlogsOf(kind).map(({ queue, oldestAgeMs }) => ({
        labels: { queueName: queue },
        value: oldestAgeMs / MS_PER_SECOND,
      })),
    );
  }
}

function addPlaces<Tx>(metrics: Metrics, engine: Engine<Tx>): void {
  const labels = ["workerType", "name"];
  metrics.gauge(
    { name: `${WORKER}_concurrency_utilization`, help: "Used share of this instance's places by queue", labels },
    () =>
      engine.status().queues.map(({ kind, queue, concurrency, active }) => ({
        labels: { workerType: kind, name: queue },
        value: concurrency === 0 ? 0 : active / concurrency,
      })),
  );
  metrics.gauge({ name: `${ENGINE}_backed_up`, help: "1 while writes fail and nothing is claimed" }, () =>
    engine.status().backedUp ? 1 : 0,
  );
}

function addEventLoopLag(metrics: Metrics, read: Read): void {
  for (const [statistic, member] of [
    ["mean", "meanMs"],
    ["p99", "p99Ms"],
    ["max", "maxMs"],
  ] as const) {
    const name = `evertrack_event_loop_lag_${statistic}_seconds`;
    metrics.gauge({ name, help: `How late timers ran since the last scrape, ${statistic}` }, () => {
      return read().eventLoopLag[member] / MS_PER_SECOND;
    });
  }
}

interface EngineCounter {
  name: string;
  help: string;
  labels?: readonly string[];
  read(snapshot: EngineMetricsSnapshot): number | Sample[];
}

const COUNTERS: readonly EngineCounter[] = [
  queueCounter("polls", "Looks for work, by queue"),
  queueCounter("polled", "Runs claimed, by queue", "tasks_polled"),
  queueCounter("aged", "Runs claimed out of turn because they had waited longest, by queue", "tasks_aged"),
  {
    name: `${WORKER}_tasks_processed_total`,
    help: "Attempts that ended, by queue and how",
    labels: ["workerType", "name", "outcome"],
    read: ({ queues }) =>
      queues.flatMap(({ kind, queue, processed }) =>
        Object.entries(processed).map(([outcome, value]) => ({
          labels: { workerType: kind, name: queue, outcome },
          value,
        })),
      ),
  },
  { name: `${WORKER}_poll_failures_total`, help: "Looks for work that failed", read: ({ claims }) => claims.failures },
  {
    name: `${WORKER}_poll_skipped_backpressure_total`,
    help: "Looks for work left out because writes were behind",
    read: ({ claims }) => claims.backPressure,
  },
  { name: `${ENGINE}_leases_lost_total`, help: "Claims lost to another instance", read: ({ leases }) => leases.lost },
  { name: `${LEADERSHIP}_acquired_total`, help: "Leadership won", read: ({ leadership }) => leadership.acquired },
  { name: `${LEADERSHIP}_lost_total`, help: "Leadership lost", read: ({ leadership }) => leadership.lost },
  {
    name: `${ENGINE}_schedule_fired_total`,
    help: "Scheduled runs started",
    read: ({ leadership }) => leadership.fired,
  },
  bufferCounter("flushes", "Batches written"),
  bufferCounter("items", "Items written"),
  bufferCounter("failures", "Batches that could not be written at first"),
];

function queueCounter(member: "polls" | "polled" | "aged", help: string, name: string = member): EngineCounter {
  return {
    name: `${WORKER}_${name}_total`,
    help,
    labels: ["workerType", "name"],
    read: ({ queues }) =>
      queues.map((counted) => ({
        labels: { workerType: counted.kind, name: counted.queue },
        value: counted[member],
      })),
  };
}

function bufferCounter(member: "flushes" | "items" | "failures", help: string): EngineCounter {
  return {
    name: `${ENGINE}_buffer_${member}_total`,
    help,
    labels: ["buffer"],
    read: ({ buffers }) =>
      Object.entries(buffers).map(([buffer, counters]) => ({ labels: { buffer }, value: counters[member] })),
  };
}

function addLatenciesByQueue(metrics: Metrics, read: Read): void {
  const byWorker = (name: string, help: string, member: "pollLatency" | "processLatency") =>
    metrics.histogram({ name: `${WORKER}_${name}_seconds`, help, unit: MS_PER_SECOND }, () =>
      read().queues.map((counted) => ({
        labels: { workerType: counted.kind, name: counted.queue },
        snapshot: counted[member],
      })),
    );
  byWorker("poll_latency", "Looking for work; one look asks several queues", "pollLatency");
  byWorker("process_latency", "From the beginning of an attempt until its end is written", "processLatency");
  for (const kind of ["workflow", "activity"]) {
    const name = `${ENGINE}_${kind}_task_scheduling_latency_seconds`;
    const help = `Time ${kind} runs waited between being due and being claimed`;
    metrics.histogram({ name, help, unit: MS_PER_SECOND }, () =>
      read()
        .queues.filter((counted) => counted.kind === kind)
        .map(({ queue, schedulingLatency }) => ({ labels: { queueName: queue }, snapshot: schedulingLatency })),
    );
  }
}

function addBufferHistograms(metrics: Metrics, read: Read): void {
  const add = (name: string, help: string, unit: number, of: (buffer: Buffered) => HistogramSnapshot) =>
    metrics.histogram({ name: `${ENGINE}_buffer_${name}`, help, unit }, () =>
      Object.entries(read().buffers).map(([buffer, counted]) => ({ labels: { buffer }, snapshot: of(counted) })),
    );
  add("flush_latency_seconds", "Writing one batch", MS_PER_SECOND, ({ flushLatency }) => flushLatency);
  add("flush_batch_size", "Items of one batch", 1, ({ flushBatchSize }) => flushBatchSize);
  add("item_wait_latency_seconds", "Time items waited for their batch", MS_PER_SECOND, (b) => b.itemWaitLatency);
}

type Buffered = EngineMetricsSnapshot["buffers"][string];
