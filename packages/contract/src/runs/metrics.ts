import { z } from "zod";

/** Projects one run counts at most. */
const PROJECTS_MAX = 1_000;

/** Input of `update-metrics-now` and of the activity `update-project-metrics`. */
export const updateProjectMetricsInput = z.object({ projectIds: z.array(z.number().int()).max(PROJECTS_MAX) });
export type UpdateProjectMetricsInput = z.output<typeof updateProjectMetricsInput>;

/** Input of `update-dirty-metrics`: none. */
export const updateDirtyMetricsInput = z.object({});
export type UpdateDirtyMetricsInput = z.output<typeof updateDirtyMetricsInput>;
