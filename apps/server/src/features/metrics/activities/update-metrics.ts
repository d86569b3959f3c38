import { type UpdateProjectMetricsInput, updateProjectMetricsInput } from "@evertrack/contract/runs/metrics";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import type { Settings } from "../../settings/index.ts";
import { riskWeights, updateMarkedProjects, updateMetrics } from "../commands/update-metrics.ts";

interface MetricsDeps {
  database: Database;
  settings: Settings;
}

/** Counts the named projects; deleted ones are left out. */
export function updateProjectMetricsActivity({ settings }: MetricsDeps) {
  return defineActivity<UpdateProjectMetricsInput, null, Tx>({
    name: "update-project-metrics",
    input: (raw) => updateProjectMetricsInput.parse(raw),
    async execute(context, { projectIds }) {
      const weights = await riskWeights(settings);
      await context.tx("update", (tx) => updateMetrics(tx, projectIds, weights));
      return null;
    },
  });
}

/** Counts marked projects until none is left. */
export function updateDirtyMetricsActivity({ database, settings }: MetricsDeps) {
  return defineActivity<object, null, Tx>({
    name: "update-dirty-metrics",
    input: () => ({}),
    async execute(context) {
      await updateMarkedProjects(database, settings, context.signal);
      return null;
    },
  });
}
