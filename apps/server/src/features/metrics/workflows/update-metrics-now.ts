import { type UpdateProjectMetricsInput, updateProjectMetricsInput } from "@evertrack/contract/runs/metrics";
import { defineWorkflow } from "@evertrack/engine/authoring";
import { updateProjectMetrics } from "./update-project-metrics.ts";

/** Counts projects anew on demand. */
export const updateMetricsNow = defineWorkflow<UpdateProjectMetricsInput, null>({
  name: "update-metrics-now",
  input: (raw) => updateProjectMetricsInput.parse(raw),
  run: (context, input) => context.activity(updateProjectMetrics, input),
});
