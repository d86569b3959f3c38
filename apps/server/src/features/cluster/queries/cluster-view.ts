import type { ClusterResponse } from "@evertrack/contract/v2/cluster";
import type { Db } from "../../../platform/db/index.ts";
import { type ClusterView, type InstanceState, viewCluster, windowOf } from "../rules/view.ts";
import { readClusterState } from "../store/cluster-state.ts";
import { listInstances } from "../store/instances.ts";

const STATE_WORDS = {
  starting: "STARTING",
  ready: "READY",
  draining: "DRAINING",
  gone: "GONE",
} as const satisfies Record<InstanceState, string>;

/** What the view is judged by. */
export interface ClusterViewSettings {
  /** Queues somebody has to serve. */
  queuesKnown: readonly string[];
  /** See MembershipOptions. */
  windowWarnMs: number;
}

/** The cluster as it is now. */
export async function readCluster(
  db: Db,
  { queuesKnown, windowWarnMs }: ClusterViewSettings,
): Promise<ClusterResponse> {
  const state = await readClusterState(db);
  const { minJoinVersion, finalizedVersion, targetVersion, windowOpenedAt, epoch } = state;
  const view = viewCluster(await listInstances(db), queuesKnown, windowOf(state, windowWarnMs));
  return {
    instances: view.instances.map(presentInstance),
    versions: view.versions,
    mixed_versions: view.mixedVersions,
    ...(view.leader === undefined ? {} : { leader: view.leader }),
    roles: view.roles,
    queues: view.queues,
    warnings: view.warnings,
    min_join_version: minJoinVersion,
    ...(finalizedVersion === null ? {} : { finalized_version: finalizedVersion }),
    ...(targetVersion === null ? {} : { target_version: targetVersion }),
    ...(windowOpenedAt === null ? {} : { window_opened_at: windowOpenedAt.getTime() }),
    epoch,
  };
}

function presentInstance(row: ClusterView["instances"][number]): ClusterResponse["instances"][number] {
  const { apiPort, eventLoopLagMs } = row.detail;
  return {
    id: row.id,
    version: row.version,
    build: row.build,
    ...(row.profile === null ? {} : { profile: row.profile }),
    host: row.host,
    roles: [...row.roles],
    queues: [...row.queues],
    state: STATE_WORDS[row.state],
    started_at: row.startedAt.getTime(),
    heartbeat_age_ms: Math.round(row.heartbeatAgeMs),
    in_flight: row.inFlight,
    leader: row.leader,
    ...(apiPort === undefined ? {} : { api_port: apiPort }),
    ...(eventLoopLagMs === undefined ? {} : { event_loop_lag_ms: eventLoopLagMs }),
    safe_to_stop: row.safeToStop,
  };
}
