import { type AnalyzeProjectInput, analyzeProjectInput } from "@evertrack/contract/runs/analysis";
import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import { updateProjectMetrics } from "../../metrics/workflows/update-project-metrics.ts";

const MATCH_TIMEOUT_MS = 3_600_000;

export const matchProject = activityRef<AnalyzeProjectInput, { batches: number }>("match-project", {
  queue: "vuln-analyses",
  timeoutMs: MATCH_TIMEOUT_MS,
});

/** Matches a project's components against the vulnerabilities and counts again. */
export const analyzeProject = defineWorkflow<AnalyzeProjectInput, null>({
  name: "analyze-project",
  input: (raw) => analyzeProjectInput.parse(raw),
  async run(context, input) {
    await context.activity(matchProject, input);
    await context.activity(updateProjectMetrics, { projectIds: [input.projectId] });
    return null;
  },
});
