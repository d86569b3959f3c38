import type { Route } from "../../platform/http/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { FinalizeDeps } from "./finalize/deps.ts";
import { Finalizing } from "./finalize/finalizing.ts";
import type { RollbackDeps } from "./rollback/rollback.ts";
import { upgradeRoutes } from "./routes/v2/upgrade.ts";

interface UpgradesDeps {
  log: Log;
  /** Of this build, for whoever does it. */
  finalizeDeps(by: string): FinalizeDeps;
  rollbackDeps(by: string): RollbackDeps;
}

/** The upgrade of the cluster, seen and steered over the API. */
export function upgradesFeature(deps: UpgradesDeps): {
  routes: Route[];
  finalizing: Finalizing;
  stop(): Promise<void>;
} {
  const finalizing = new Finalizing(deps.finalizeDeps, deps.log);
  return { routes: upgradeRoutes({ ...deps, finalizing }), finalizing, stop: () => finalizing.stop() };
}
