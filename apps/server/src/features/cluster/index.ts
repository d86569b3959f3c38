import { hostname } from "node:os";
import type { EngineClient } from "@evertrack/engine";
import { type Config, profileProperty } from "../../platform/config/index.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import { engineSettings } from "../../platform/engine/index.ts";
import type { Route } from "../../platform/http/index.ts";
import type { Log } from "../../platform/log/log.ts";
import { relayProperties } from "../../platform/outbox/index.ts";
import { buildUuid } from "./build-uuid.ts";
import { clusterProperties, heartbeatTiming } from "./config.ts";
import type { EpochFollower } from "./epoch-follower.ts";
import { ClusterMembership } from "./membership.ts";
import { landingRoutes } from "./routes/landing.ts";
import { clusterRoute } from "./routes/v2/cluster.ts";
import { taskQueueRoutes } from "./routes/v2/task-queues.ts";
import { workflowRunActionRoutes, workflowRunRoutes } from "./routes/v2/workflow-runs.ts";
import { versionRoute } from "./routes/version.ts";
import { rolesOf } from "./rules/roles.ts";

export { checkBeforeStart, type StartingBuild } from "./check-start.ts";
export { clusterProperties } from "./config.ts";
export type { EpochFollower } from "./epoch-follower.ts";
export { EventLoopLag } from "./event-loop.ts";
export { JoinRefusedError } from "./join-refused.ts";
export type { ClusterMembership } from "./membership.ts";
export { type ClusterState, FINALIZE_STEPS, type FinalizeStep } from "./rules/cluster-state.ts";
export { compareLook, type Observations } from "./rules/sweep.ts";
export type { InstanceRow } from "./rules/view.ts";
export { lockClusterState, readClusterState, writeClusterState } from "./store/cluster-state.ts";
export { listInstances, markGone } from "./store/instances.ts";
export { forgetInstances, livingInstances } from "./store/restored.ts";

interface ClusterDeps {
  config: Config;
  database: Database;
  log: Log;
  client: EngineClient<Tx>;
  version: string;
  builtAt: Date;
}

/** The build, the cluster it is part of, and the durable work the cluster does. */
export function clusterFeature(deps: ClusterDeps): { routes: Route[] } {
  const { client, log } = deps;
  return {
    routes: [
      versionRoute(deps),
      ...landingRoutes(deps.version),
      clusterRoute(deps.database, { queuesKnown: queuesOf(deps.config), windowWarnMs: windowWarnMsOf(deps.config) }),
      ...workflowRunRoutes(client),
      ...workflowRunActionRoutes(client, log),
      ...taskQueueRoutes(client, log),
    ],
  };
}

interface MembershipDeps {
  config: Config;
  database: Database;
  log: Log;
  version: string;
  /** The oldest version this build may run beside. */
  minBesideVersion: string;
  instanceId: string;
  /** See EpochFollower; nothing depends on the epoch when left out. */
  follower?: EpochFollower;
  onRemoved(reason: string): void;
}

/** The place of this process in the cluster, not yet taken. */
export function clusterMembership(deps: MembershipDeps): ClusterMembership {
  const { config, database, log, version, minBesideVersion, instanceId, follower, onRemoved } = deps;
  const { workersEnabled, workers, leaderElection, schedulerEnabled } = engineSettings(config);
  const duties = rolesOf({
    workersEnabled,
    workers,
    mayLead: leaderElection.enabled,
    relayEnabled: config.get(relayProperties.enabled),
    schedulerEnabled,
  });
  const profile = config.find(profileProperty) || undefined;
  const identity = { id: instanceId, version, build: buildUuid(version), profile, host: hostname(), ...duties };
  const timing = heartbeatTiming(config);
  return new ClusterMembership({
    database,
    log,
    identity,
    queuesKnown: queuesOf(config),
    timing,
    minBesideVersion,
    ...(follower === undefined ? {} : { follower }),
    windowWarnMs: windowWarnMsOf(config),
    onRemoved,
  });
}

function windowWarnMsOf(config: Config): number {
  return config.get(clusterProperties.windowWarnMs);
}

/** Queues somebody has to serve, by the names of the engine's slots. */
function queuesOf(config: Config): string[] {
  return engineSettings(config).queues.map(({ kind, name }) => `${kind}:${name}`);
}
