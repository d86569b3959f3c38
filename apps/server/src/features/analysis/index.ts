import type { EngineClient } from "@evertrack/engine";
import type { Config } from "../../platform/config/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { ScheduledRun } from "../../platform/engine/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { matchPackagesActivity } from "./activities/match-packages.ts";
import { matchProjectActivity } from "./activities/match-project.ts";
import { followAdvisories } from "./commands/follow-advisories.ts";
import { startDueAnalyses } from "./commands/start-due-analyses.ts";
import { analysisProperties } from "./config.ts";
import { analyzeRoutes } from "./routes/v1/analyze.ts";
import { analyzeProject } from "./workflows/analyze-project.ts";
import { matchAdvisories } from "./workflows/match-advisories.ts";

export { startAnalysisOfChange, startAnalysisOfImport } from "./commands/start-analysis.ts";
export { analysisProperties } from "./config.ts";

/** Matching after uploads, on demand, on schedule, and when advisories change. */
export function analysisFeature(deps: LookupDeps & { config: Config; client: EngineClient<Tx> }) {
  const limits = {
    inFlightMax: deps.config.get(analysisProperties.inFlightMax),
    maxAgeMs: deps.config.get(analysisProperties.maxAgeMs),
  };
  const schedule: ScheduledRun[] = [
    {
      name: "portfolio-analysis",
      schedule: deps.config.get(analysisProperties.sliceCron),
      async start(tx, client) {
        await startDueAnalyses(tx, client, limits);
      },
    },
  ];
  return {
    schedule,
    routes: analyzeRoutes(deps),
    workflows: [analyzeProject, matchAdvisories],
    activities: [matchProjectActivity(), matchPackagesActivity()],
    subscribers: [followAdvisories(deps.client)],
  };
}
