import { activityRef, defineWorkflow } from "@evertrack/engine/authoring";
import { z } from "zod";
import { updateProjectMetrics } from "../../metrics/workflows/update-project-metrics.ts";

/** Why a project is analysed; shown on the run. */
export const analysisTrigger = z.enum(["bom-upload", "manual", "schedule"]);

export const analyzeProjectInput = z.object({
  projectId: z.number().int(),
  projectUuid: z.string(),
  trigger: analysisTrigger,
});
export type AnalyzeProjectInput = z.output<typeof analyzeProjectInput>;

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
