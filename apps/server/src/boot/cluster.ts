import type { Engine } from "@evertrack/engine";
import { type ClusterMembership, EventLoopLag } from "../features/cluster/index.ts";
import type { Tx } from "../platform/db/index.ts";
import type { Health } from "../platform/health/index.ts";
import type { Metrics } from "../platform/telemetry/index.ts";

/** What this instance tells the others of its engine. */
export function reportEngine(membership: ClusterMembership, engine: Engine<Tx>): void {
  const lag = new EventLoopLag();
  membership.reportFrom(() => ({
    leader: engine.isLeader(),
    inFlight: engine.status().inFlight,
    eventLoopLagMs: lag.takeMaxMs(),
  }));
}

/**
 * Readiness: this instance is a member of its cluster. What the cluster lacks – a role without an instance, mixed versions – is
 * told here as warnings and never makes an instance unready: it would help nobody to lose this one too.
 */
export function addClusterCheck(health: Health, membership: ClusterMembership): void {
  health.add({
    name: "cluster",
    kind: "readiness",
    run: () => ({
      name: "cluster",
      status: membership.isLapsed() ? "DOWN" : "UP",
      data: {
        heartbeatAgeMs: Math.round(membership.heartbeatAgeMs()),
        warnings: membership.lastView().warnings.map(({ message }) => message),
      },
    }),
  });
}

/** Gauges of what the last heartbeat saw; an instance that has lapsed tells nothing of the others. */
export function addClusterMetrics(metrics: Metrics, membership: ClusterMembership): void {
  const view = () => (membership.isLapsed() ? undefined : membership.lastView());
  metrics.gauge(
    { name: "evertrack_cluster_lapsed", help: "1 while this instance has lost touch and does nothing" },
    () => (membership.isLapsed() ? 1 : 0),
  );
  metrics.gauge(
    {
      name: "evertrack_cluster_upgrade_window_seconds",
      help: "Since when an upgrade is going on that is not finalized; 0 when none is",
    },
    () => (membership.upgradeWindow()?.ageMs ?? 0) / 1000,
  );
  metrics.gauge(
    { name: "evertrack_cluster_role_instances", help: "Ready instances by role", labels: ["role"] },
    () => view()?.roles.map(({ role, instances }) => ({ labels: { role }, value: instances })) ?? [],
  );
  metrics.gauge(
    { name: "evertrack_cluster_queue_instances", help: "Ready instances by queue they serve", labels: ["queue"] },
    () => view()?.queues.map(({ queue, instances }) => ({ labels: { queue }, value: instances })) ?? [],
  );
  metrics.gauge(
    { name: "evertrack_cluster_instances", help: "Instances by state and version", labels: ["state", "version"] },
    () => {
      const counts = Object.groupBy(view()?.instances ?? [], ({ state, version }) => `${state} ${version}`);
      return Object.values(counts).flatMap((group = []) =>
        group.slice(0, 1).map(({ state, version }) => ({ labels: { state, version }, value: group.length })),
      );
    },
  );
}
