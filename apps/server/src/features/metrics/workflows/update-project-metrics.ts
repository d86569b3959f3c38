import { activityRef } from "@evertrack/engine/authoring";
import { z } from "zod";

export const updateProjectMetricsInput = z.object({ projectIds: z.array(z.number().int()).max(1_000) });
export type UpdateProjectMetricsInput = z.output<typeof updateProjectMetricsInput>;

/** Counts the named projects anew. */
export const updateProjectMetrics = activityRef<UpdateProjectMetricsInput, null>("update-project-metrics", {
  queue: "metrics-updates",
});
