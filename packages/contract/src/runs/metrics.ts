import { z } from "zod";

/** Projects one run counts at most. */
const PROJECTS_MAX = 1_000;

/** Input of `update-metrics-now` and of the activity `update-project-metrics`. */
export const updateProjectMetricsInput = z.object({ projectIds: z.array(z.number().int()).max(PROJECTS_MAX) });
export type UpdateProjectMetricsInput = z.output<typeof updateProjectMetricsInput>;

/** Input of `update-dirty-metrics`: none. */
export const updateDirtyMetricsInput = z.object({});
export type UpdateDirtyMetricsInput = z.output<typeof updateDirtyMetricsInput>;

/** Input of `update-portfolio-metrics` and of its activity `fetch-projects-for-metrics-update`; what follows comes with each batch. */
export const updatePortfolioMetricsInput = z.object({
  /** Projects up to this row id have been counted. */
  afterId: z.number().int().default(0),
  /** Batches that could not be counted so far. */
  failures: z.number().int().default(0),
});
export type UpdatePortfolioMetricsInput = z.output<typeof updatePortfolioMetricsInput>;
