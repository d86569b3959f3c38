import { randomUUID } from "node:crypto";
import type { AnalyzeProjectInput } from "@evertrack/contract/runs/analysis";
import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { analyzeProject } from "../workflows/analyze-project.ts";

/** Priorities of the reference (spec: cluster §9). */
const PRIORITIES = { "bom-upload": 50, manual: 75, schedule: 0 } as const;

/**
 * Starts the analysis of a project whose components were changed by hand. One that was asked for and is under way may have read them
 * already; then another one follows it.
 */
export async function startAnalysisOfChange(
  client: EngineClient<Tx>,
  tx: Tx,
  project: Omit<AnalyzeProjectInput, "trigger">,
): Promise<void> {
  const started = await startAnalyzeProject(client, tx, { ...project, trigger: "manual" });
  if (started === null)
    await startAnalyzeProject(client, tx, { ...project, trigger: "bom-upload", token: randomUUID() });
}

interface Subject extends AnalyzeProjectInput {
  /** Upload token that stays "processing" until the analysis has ended. */
  token?: string;
}

/** Starts the analysis of a project in the caller's transaction. Null: one of this kind is under way already. */
export function startAnalyzeProject(
  client: EngineClient<Tx>,
  tx: Tx,
  { token, ...input }: Subject,
): Promise<string | null> {
  const { projectUuid, trigger } = input;
  const instanceIds = {
    "bom-upload": `analyze-project:bom-upload:${token}`,
    manual: `analyze-project-manual:${projectUuid}`,
    schedule: `analyze-project-scheduled:${projectUuid}`,
  };
  return client.startRun(tx, analyzeProject, input, {
    instanceId: instanceIds[trigger],
    concurrencyKey: `analyze-project:${projectUuid}`,
    priority: PRIORITIES[trigger],
    labels: { project: projectUuid, trigger, ...(token === undefined ? {} : { token }) },
  });
}
