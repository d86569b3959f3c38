import type { EngineClient } from "@evertrack/engine";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Config } from "../../platform/config/index.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { ScheduledRun } from "../../platform/engine/index.ts";
import type { LookupDeps } from "../projects/index.ts";
import type { Settings } from "../settings/index.ts";
import { fetchProjectsActivity } from "./activities/fetch-projects.ts";
import { updateDirtyMetricsActivity, updateProjectMetricsActivity } from "./activities/update-metrics.ts";
import { followAudits } from "./commands/follow-audits.ts";
import { followExploitation } from "./commands/follow-exploitation.ts";
import { removeOldSnapshots } from "./commands/remove-old-snapshots.ts";
import { startPortfolioUpdate } from "./commands/start-portfolio-update.ts";
import { updateMarkedProjects } from "./commands/update-metrics.ts";
import { metricsProperties } from "./config.ts";
import { metricsRoutes } from "./routes/v1/metrics.ts";
import { portfolioMetricsRoutes } from "./routes/v1/portfolio-metrics.ts";
import { anyMark } from "./store/marks.ts";
import { countVulnerabilities } from "./store/vulnerability-counts.ts";
import { updateDirtyMetrics } from "./workflows/update-dirty-metrics.ts";
import { updateMetricsNow } from "./workflows/update-metrics-now.ts";
import { updatePortfolioMetrics } from "./workflows/update-portfolio-metrics.ts";

export { metricsProperties } from "./config.ts";
export { componentRisk } from "./queries/component-risk.ts";
export { metricsOf } from "./queries/project-metrics.ts";
export { areCountsCurrent } from "./store/currency.ts";
export { markProjectsOfIdentities } from "./store/marks.ts";

interface MetricsDeps extends LookupDeps {
  config: Config;
  settings: Settings;
  clock: Clock;
  client: EngineClient<Tx>;
}

/** Counts per project, kept current, and their sums. */
export function metricsFeature(deps: MetricsDeps) {
  const schedule: ScheduledRun[] = [
    {
      name: "portfolio-metrics-update",
      schedule: deps.config.get(metricsProperties.portfolioCron),
      async start(tx, client) {
        await startPortfolioUpdate(tx, client, "schedule");
      },
    },
  ];
  return {
    schedule,
    subscribers: [followAudits(deps.client), followExploitation(deps)],
    routes: [...metricsRoutes(deps), ...portfolioMetricsRoutes(deps)],
    workflows: [updateDirtyMetrics, updateMetricsNow, updatePortfolioMetrics],
    activities: [
      updateProjectMetricsActivity(deps),
      updateDirtyMetricsActivity(deps),
      fetchProjectsActivity(deps.database),
    ],
    housekeeping: [
      {
        name: "marked-project-metrics",
        schedule: deps.config.get(metricsProperties.markedProjectsCron),
        isDue: anyMark,
        run: (signal: AbortSignal) => updateMarkedProjects(deps.database, deps.settings, signal),
      },
      {
        name: "vuln-metrics-update",
        schedule: deps.config.get(metricsProperties.vulnerabilityCron),
        run: () => deps.database.transaction((tx) => countVulnerabilities(tx)),
      },
      {
        name: "metrics-maintenance",
        schedule: deps.config.get(metricsProperties.maintenanceCron),
        async run(signal: AbortSignal): Promise<void> {
          await removeOldSnapshots(deps.database, deps.settings, signal);
        },
      },
    ],
  };
}
