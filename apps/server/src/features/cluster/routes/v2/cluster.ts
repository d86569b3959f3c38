import type { Database } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import { type ClusterViewSettings, readCluster } from "../../queries/cluster-view.ts";

/** `GET /api/v2/internal/cluster`: instances, versions, leader, and which instance may be stopped. */
export function clusterRoute(database: Database, settings: ClusterViewSettings): Route {
  return route({
    method: "GET",
    path: "/api/v2/internal/cluster",
    access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
    handle: () => readCluster(database.db, settings),
  });
}
