import type { Engine } from "@evertrack/engine";
import type { Database, Tx } from "../platform/db/index.ts";
import type { Health } from "../platform/health/index.ts";
import type { OutboxRelay } from "../platform/outbox/index.ts";
import type { Metrics } from "../platform/telemetry/index.ts";

/**
 * Readiness, from the first moment on: the API takes requests. It is DOWN before the API listens, during init tasks too,
 * and again while the instance drains.
 */
export function addApiCheck(health: Health, state: () => "starting" | "serving" | "draining"): void {
  health.add({
    name: "api",
    kind: "readiness",
    run: () => ({ name: "api", status: state() === "serving" ? "UP" : "DOWN", data: { state: state() } }),
  });
}

/** Readiness: the database answers. */
export function addDatabaseCheck(health: Health, metrics: Metrics, database: Database): void {
  health.add({
    name: "dataSources",
    kind: "readiness",
    async run() {
      const status = await database.ping().then(
        () => "UP" as const,
        () => "DOWN" as const,
      );
      return { name: "dataSources", status, data: { default: status } };
    },
  });
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name: `evertrack_database_${name}`, help }, read);
  gauge("connections", "Open database connections", () => database.poolSize().total);
  gauge("connections_idle", "Open database connections nobody uses", () => database.poolSize().idle);
  gauge("waiting", "Callers waiting for a database connection", () => database.poolSize().waiting);
}

/** Liveness: the engine runs. An instance whose engine does nothing by configuration runs it all the same. */
export function addEngineCheck(health: Health, engine: Engine<Tx>): void {
  health.add({
    name: "dex-engine",
    kind: "liveness",
    run() {
      const status = engine.status();
      const stopping = status.state === "stopping" || status.state === "stopped";
      return {
        name: "dex-engine",
        status: stopping || status.state === "running" ? "UP" : "DOWN",
        data: { ...status },
      };
    },
  });
}

export function addRelayMetrics(metrics: Metrics, relay: OutboxRelay): void {
  const counter = (name: string, help: string, read: () => number) =>
    metrics.counter({ name: `evertrack_outbox_${name}_total`, help }, read);
  counter("delivered", "Events handed to every subscriber", () => relay.counters.delivered);
  counter("postponed", "Events put off because a subscriber failed", () => relay.counters.postponed);
  counter("cycle_failures", "Cycles that could not reach the events", () => relay.counters.failures);
  const latency = (name: "cycle" | "poll" | "send", help: string) =>
    metrics.histogram({ name: `dt_outbox_relay_${name}_latency_seconds`, help, unit: 1000 }, () => [
      { labels: {}, snapshot: relay.latencies[name].snapshot() },
    ]);
  latency("cycle", "A cycle of the outbox relay that found events");
  latency("poll", "Looking for events that are due");
  latency("send", "Handing one event to every subscriber");
}
