import { type UpdatePortfolioMetricsInput, updatePortfolioMetricsInput } from "@evertrack/contract/runs/metrics";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { countedProjects } from "../store/portfolio.ts";
import type { ProjectBatch } from "../workflows/update-portfolio-metrics.ts";

const BATCH_SIZE = 100;

/** The next projects a pass over the portfolio counts. */
export function fetchProjectsActivity(database: Database) {
  return defineActivity<UpdatePortfolioMetricsInput, ProjectBatch, Tx>({
    name: "fetch-projects-for-metrics-update",
    input: (raw) => updatePortfolioMetricsInput.parse(raw),
    async execute(_context, { afterId }) {
      const projectIds = await countedProjects(database.db, afterId, BATCH_SIZE);
      const more = projectIds.length === BATCH_SIZE;
      return { projectIds, nextAfterId: more ? (projectIds.at(-1) ?? null) : null };
    },
  });
}
