import type { ClusterResponse } from "@evertrack/contract/v2/cluster";
import type { Db } from "../../../platform/db/index.ts";
import { type ClusterView, type InstanceState, viewCluster } from "../rules/view.ts";
import { readClusterState } from "../store/cluster-state.ts";
import { listInstances } from "../store/instances.ts";

const STATE_WORDS = {
  starting: "STARTING",
  ready: "READY",
  draining: "DRAINING",
  gone: "GONE",
} as const satisfies Record<InstanceState, string>;

/** The cluster as it is now; `queuesKnown` are the queues somebody has to serve. */
export async function readCluster(db: Db, queuesKnown: readonly string[]): Promise<ClusterResponse> {
  const view = viewCluster(await listInstances(db), queuesKnown);
  const { min_join_version, finalized_version, epoch } = await readClusterState(db);
  return {
    instances: view.instances.map(presentInstance),
    versions: view.versions,
    mixed_versions: view.mixedVersions,
    ...(view.leader === undefined ? {} : { leader: view.leader }),
    roles: view.roles,
    queues: view.queues,
    warnings: view.warnings,
    min_join_version,
    ...(finalized_version === null ? {} : { finalized_version }),
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
