import type { Engine } from "@evertrack/engine";
import type { Database, Tx } from "../platform/db/index.ts";
import type { Health } from "../platform/health/index.ts";
import type { Metrics } from "../platform/telemetry/index.ts";

interface Parts {
  health: Health;
  metrics: Metrics;
  database: Database;
  engine: Engine<Tx>;
}

/** Known from the first moment on: not ready before the API listens, nor while the instance drains. */
export function addApiCheck(health: Health, state: () => "starting" | "serving" | "draining"): void {
  health.add({
    name: "api",
    kind: "readiness",
    run: () => ({ name: "api", status: state() === "serving" ? "UP" : "DOWN", data: { state: state() } }),
  });
}

/** Readiness: the database answers. Liveness: the engine runs. */
export function addHealthChecks({ health, metrics, database, engine }: Parts): void {
  health.add({
    name: "dataSources",
    kind: "readiness",
    async run() {
      const up = await database.ping().then(
        () => true,
        () => false,
      );
      return { name: "dataSources", status: up ? "UP" : "DOWN", data: { default: up ? "UP" : "DOWN" } };
    },
  });
  health.add({
    name: "dex-engine",
    kind: "liveness",
    run() {
      const status = engine.status();
      return { name: "dex-engine", status: status.state === "running" ? "UP" : "DOWN", data: { ...status } };
    },
  });
  metrics.gauge("dt_dex_engine_leadership_status", "1 while this instance leads", () => (engine.isLeader() ? 1 : 0));
  metrics.gauge("evertrack_database_connections", "Open database connections", () => database.poolSize().total);
  metrics.gauge(
    "evertrack_database_waiting",
    "Requests waiting for a database connection",
    () => database.poolSize().waiting,
  );
}
