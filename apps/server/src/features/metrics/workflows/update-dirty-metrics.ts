import { type UpdateDirtyMetricsInput, updateDirtyMetricsInput } from "@evertrack/contract/runs/metrics";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";

const updateMarked = activityRef<UpdateDirtyMetricsInput, null>("update-dirty-metrics", { queue: "metrics-updates" });

/** Counts every project anew that is marked; one run at a time by its concurrency key. */
export const updateDirtyMetrics = defineWorkflow<UpdateDirtyMetricsInput, null>({
  name: "update-dirty-metrics",
  input: (raw) => updateDirtyMetricsInput.parse(raw),
  run: (context) => context.activity(updateMarked, {}),
});
