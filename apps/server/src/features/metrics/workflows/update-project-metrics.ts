import type { UpdateProjectMetricsInput } from "@evertrack/contract/runs/metrics";
import { activityRef } from "@evertrack/engine/authoring";

/** Counts the named projects anew. */
export const updateProjectMetrics = activityRef<UpdateProjectMetricsInput, null>("update-project-metrics", {
  queue: "metrics-updates",
});
