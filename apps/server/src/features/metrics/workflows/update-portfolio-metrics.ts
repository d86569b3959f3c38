import { type UpdatePortfolioMetricsInput, updatePortfolioMetricsInput } from "@evertrack/contract/runs/metrics";
import { activityRef, defineWorkflow, RunFailed, Terminal } from "@evertrack/engine/authoring";
import { updateProjectMetrics } from "./update-project-metrics.ts";

/** Row ids of one batch; `nextAfterId` is null after the last one. */
export interface ProjectBatch {
  projectIds: number[];
  nextAfterId: number | null;
}

const fetchProjects = activityRef<UpdatePortfolioMetricsInput, ProjectBatch>("fetch-projects-for-metrics-update", {
  queue: "metrics-updates",
});

/** Only one pass over the portfolio at a time. */
export const PORTFOLIO_METRICS_INSTANCE = "update-portfolio-metrics";

/**
 * Counts every active project anew, a batch per generation, so that the run stays small however large the portfolio is. A
 * batch that cannot be counted does not keep the others from it; the run fails at its end and says how many there were. Sums
 * of the portfolio are made when they are asked for.
 */
export const updatePortfolioMetrics = defineWorkflow<UpdatePortfolioMetricsInput, null>({
  name: "update-portfolio-metrics",
  input: (raw) => updatePortfolioMetricsInput.parse(raw),
  async run(context, input) {
    const { projectIds, nextAfterId } = await context.activity(fetchProjects, input);
    let { failures } = input;
    try {
      if (projectIds.length > 0) await context.activity(updateProjectMetrics, { projectIds });
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      failures++;
    }
    if (nextAfterId !== null) return context.continueAsNew({ afterId: nextAfterId, failures });
    if (failures > 0) throw new Terminal(`${failures} batches of projects could not be counted`);
    return null;
  },
});
