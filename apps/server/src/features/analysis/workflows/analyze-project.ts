import {
  type AnalyzeProjectInput,
  type AskAnalyzerInput,
  analyzeProjectInput,
} from "@evertrack/contract/runs/analysis";
import { activityRef, defineWorkflow, RunFailed, type WorkflowContext } from "@evertrack/engine/authoring";
import { updateProjectMetrics } from "../../metrics/workflows/update-project-metrics.ts";
import type { AskReport } from "../activities/ask-analyzer.ts";
import type { MatchProjectResult } from "../activities/match-project.ts";

const MATCH_TIMEOUT_MS = 3_600_000;

export const matchProject = activityRef<AnalyzeProjectInput, MatchProjectResult>("match-project", {
  queue: "vuln-analyses",
  timeoutMs: MATCH_TIMEOUT_MS,
});

/** Retried as the reference does (spec: cluster §9). */
const askAnalyzer = activityRef<AskAnalyzerInput, AskReport>("ask-analyzer", {
  queue: "vuln-analyses",
  timeoutMs: MATCH_TIMEOUT_MS,
  retry: { initialMs: 5_000, factor: 2, jitter: 0.3, maxMs: 60_000, attemptsMax: 5 },
});

/**
 * Matches a project's components against the vulnerabilities, asks external analyzers about them, and counts again. An analyzer that
 * fails keeps nobody else from it: what it reported before stays.
 */
export const analyzeProject = defineWorkflow<AnalyzeProjectInput, null>({
  name: "analyze-project",
  input: (raw) => analyzeProjectInput.parse(raw),
  async run(context, input) {
    // Runs of before there were external analyzers have recorded a result that names none.
    const { analyzers = [] } = await context.activity(matchProject, input);
    if (analyzers.length > 0) await askAll(context, input.projectId, analyzers);
    await context.activity(updateProjectMetrics, { projectIds: [input.projectId] });
    return null;
  },
});

async function askAll(context: WorkflowContext, projectId: number, analyzers: readonly string[]): Promise<void> {
  const asked = analyzers.map((analyzer) =>
    context.startActivity(askAnalyzer, { projectId, analyzer }, { key: `ask-analyzer:${analyzer}` }),
  );
  for (const handle of asked) {
    try {
      await handle.result();
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      context.log.warn({ error: error.message }, "an external analyzer failed; what it reported before stays");
    }
  }
}
