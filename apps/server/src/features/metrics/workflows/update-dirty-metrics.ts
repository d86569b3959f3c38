import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import { z } from "zod";

const nothing = z.object({});
type Nothing = z.output<typeof nothing>;

const updateMarked = activityRef<Nothing, null>("update-dirty-metrics", { queue: "metrics-updates" });

/** Counts every project anew that is marked; one run at a time by its concurrency key. */
export const updateDirtyMetrics = defineWorkflow<Nothing, null>({
  name: "update-dirty-metrics",
  input: (raw) => nothing.parse(raw),
  run: (context) => context.activity(updateMarked, {}),
});
