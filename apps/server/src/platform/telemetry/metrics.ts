import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The instance's Prometheus registry; names follow spec/cluster.md §2 so that dashboards keep working. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<"method" | "uri" | "status">;

  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry });
    const info = new Gauge({
      name: "dt_info",
      help: "Version of this instance",
      labelNames: ["version"],
      registers: [this.registry],
    });
    info.set({ version }, 1);
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
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
