import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type HistogramDescription, type HistogramSample, histogramText } from "./histogram-text.ts";

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
/** These hold the sampling interval itself and would read 0.1 s on an idle process; the engine tells the true lag. */
const MISLEADING_METRICS = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (statistic) => `nodejs_eventloop_lag_${statistic}_seconds`,
);

/** The instance's Prometheus registry; names follow spec/cluster.md §2 so that dashboards keep working. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<"method" | "uri" | "status">;
  readonly #histograms: (() => string)[] = [];
  readonly #beforeScrape: (() => void)[] = [];

  /** Also registers what the runtime tells of itself: memory, garbage collection, event loop lag. */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
    for (const name of MISLEADING_METRICS) this.registry.removeSingleMetric(name);
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

  /** A histogram that somebody else keeps, read when metrics are scraped. */
  histogram(description: HistogramDescription, read: () => HistogramSample[]): void {
    this.#histograms.push(() => histogramText(description, read()));
  }

  /** Called once per scrape, before anything is read. */
  beforeScrape(prepare: () => void): void {
    this.#beforeScrape.push(prepare);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async text(): Promise<string> {
    for (const prepare of this.#beforeScrape) prepare();
    const own = await this.registry.metrics();
    return [own, ...this.#histograms.map((text) => text())].join("\n");
  }
}

function samplesOf(read: number | Sample[]): Sample[] {
  return typeof read === "number" ? [{ labels: {}, value: read }] : read;
}
