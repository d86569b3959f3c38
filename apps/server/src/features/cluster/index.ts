import type { Route } from "../../platform/http/index.ts";
import { landingRoutes } from "./routes/landing.ts";
import { versionRoute } from "./routes/version.ts";

/** The build and the cluster it is part of. */
export function clusterFeature(build: { version: string; builtAt: Date }): { routes: Route[] } {
  return { routes: [versionRoute(build), ...landingRoutes(build.version)] };
}
