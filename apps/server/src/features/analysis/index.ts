import type { EngineClient } from "@evertrack/engine";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Config } from "../../platform/config/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { HousekeepingTask, ScheduledRun } from "../../platform/engine/index.ts";
import type { Outbound } from "../../platform/outbound/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import { ossIndex } from "./activities/analyzers/oss-index.ts";
import { snyk } from "./activities/analyzers/snyk.ts";
import { trivy } from "./activities/analyzers/trivy.ts";
import { askAnalyzerActivity } from "./activities/ask-analyzer.ts";
import { matchPackagesActivity } from "./activities/match-packages.ts";
import { matchProjectActivity } from "./activities/match-project.ts";
import type { ExternalAnalyzer } from "./analyzers.ts";
import { followAdvisories } from "./commands/follow-advisories.ts";
import { removeExpiredAnswers } from "./commands/remove-expired-answers.ts";
import { startDueAnalyses } from "./commands/start-due-analyses.ts";
import { analysisProperties } from "./config.ts";
import { analyzeRoutes } from "./routes/v1/analyze.ts";
import { assignmentRoutes } from "./routes/v1/assignment.ts";
import { anyExpired } from "./store/analyzer-cache.ts";
import { analyzeProject } from "./workflows/analyze-project.ts";
import { matchAdvisories } from "./workflows/match-advisories.ts";

export { startAnalysisOfChange, startAnalysisOfImport } from "./commands/start-analysis.ts";
export { analysisProperties } from "./config.ts";

/** External analyzers of this build; their extensions go to the settings. */
export function externalAnalyzers(deps: { config: Config; outbound: Outbound }): ExternalAnalyzer[] {
  return [ossIndex(deps) as ExternalAnalyzer, snyk(deps) as ExternalAnalyzer, trivy(deps) as ExternalAnalyzer];
}

interface AnalysisDeps extends LookupDeps {
  config: Config;
  clock: Clock;
  client: EngineClient<Tx>;
  analyzers: readonly ExternalAnalyzer[];
  /** Whether the gate of this name is open. */
  gateOpen(name: string): boolean;
}

/** Matching after uploads, on demand, on schedule, and when advisories change; asking external analyzers. */
export function analysisFeature(deps: AnalysisDeps) {
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
  const housekeeping: HousekeepingTask[] = [
    {
      name: "analyzer-cache-maintenance",
      schedule: deps.config.get(analysisProperties.cacheMaintenanceCron),
      isDue: anyExpired,
      run: (signal) => removeExpiredAnswers(deps.database, signal),
    },
  ];
  return {
    schedule,
    housekeeping,
    routes: [...analyzeRoutes(deps), ...assignmentRoutes(deps)],
    workflows: [analyzeProject, matchAdvisories],
    activities: [matchProjectActivity(deps), matchPackagesActivity(), askAnalyzerActivity(deps)],
    subscribers: [followAdvisories(deps.client)],
  };
}
