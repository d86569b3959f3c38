import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** One value of a metric with its labels. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

interface Description {
  name: string;
  help: string;
  /** Names of the labels of every sample. */
  labels?: readonly string[];
}

/** Finer sampling would wake an idle process a hundred times a second. */
const EVENT_LOOP_RESOLUTION_MS = 100;

/** The instance's Prometheus registry; names follow spec/cluster.md §2 so that dashboards keep working. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<"method" | "uri" | "status">;

  /** Also registers what the runtime tells of itself: memory, garbage collection, event loop lag. */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
    this.gauge({ name: "dt_info", help: "Version of this instance", labels: ["version"] }, () => [
      { labels: { version }, value: 1 },
    ]);
    this.#requests = new Histogram({
      name: "http_server_requests_seconds",
      help: "Answered API requests",
      labelNames: ["method", "uri", "status"],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [this.registry],
    });
  }

  observeRequest(request: { method: string; route: string; status: number; durationMs: number }): void {
    this.#requests.observe(
      { method: request.method, uri: request.route, status: String(request.status) },
      request.durationMs / 1000,
    );
  }

  /** A gauge read when metrics are scraped. */
  gauge({ name, help, labels = [] }: Description, read: () => number | Sample[]): void {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const sample of samplesOf(read())) this.set(sample.labels, sample.value);
      },
    });
  }

  /** A counter that somebody else keeps, read when metrics are scraped. */
  counter({ name, help, labels = [] }: Description, read: () => number | Sample[]): void {
    new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const sample of samplesOf(read())) this.inc(sample.labels, sample.value);
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}

function samplesOf(read: number | Sample[]): Sample[] {
  return typeof read === "number" ? [{ labels: {}, value: read }] : read;
}
