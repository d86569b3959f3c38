import { type MatchAdvisoriesInput, matchAdvisoriesInput } from "@evertrack/contract/runs/analysis";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import { updateDirtyMetrics } from "../../metrics/workflows/update-dirty-metrics.ts";

export const matchPackages = activityRef<MatchAdvisoriesInput, { changed: number }>("match-packages", {
  queue: "vuln-analyses",
});

/** Follows a change of advisories to the identities of their packages, and to the numbers of the projects they are in. */
export const matchAdvisories = defineWorkflow<MatchAdvisoriesInput, null>({
  name: "match-advisories",
  input: (raw) => matchAdvisoriesInput.parse(raw),
  async run(context, input) {
    const { changed } = await context.activity(matchPackages, input);
    if (changed > 0)
      await context.child(updateDirtyMetrics, {}, { key: "metrics", concurrencyKey: "update-dirty-metrics" });
    return null;
  },
});
