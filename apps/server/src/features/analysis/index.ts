import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../platform/db/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { matchPackagesActivity } from "./activities/match-packages.ts";
import { matchProjectActivity } from "./activities/match-project.ts";
import { followAdvisories } from "./commands/follow-advisories.ts";
import { analyzeRoutes } from "./routes/v1/analyze.ts";
import { analyzeProject } from "./workflows/analyze-project.ts";
import { matchAdvisories } from "./workflows/match-advisories.ts";

export { startAnalyzeProject } from "./commands/start-analysis.ts";

/** Matching after uploads, on demand, and when advisories change. */
export function analysisFeature(deps: LookupDeps & { client: EngineClient<Tx> }) {
  return {
    routes: analyzeRoutes(deps),
    workflows: [analyzeProject, matchAdvisories],
    activities: [matchProjectActivity(), matchPackagesActivity()],
    subscribers: [followAdvisories(deps.client)],
  };
}
