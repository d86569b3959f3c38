import { randomUUID } from "node:crypto";
import type { AnalyzeProjectInput } from "@evertrack/contract/runs/analysis";
import type { EngineClient } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { identitiesOfProject } from "../../findings/index.ts";
import { areCountsCurrent } from "../../metrics/index.ts";
import { recordAnalysed } from "../../projects/index.ts";
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

/**
 * Starts the analysis of a project whose BOM was imported; `unchanged`: it said what was known already. Then, where every identity
 * was matched before and the numbers are current, there is nothing to do, and that is recorded. Comes before the import is recorded
 * with the project, since numbers are current that were counted after the last import.
 */
export async function startAnalysisOfImport(
  client: EngineClient<Tx>,
  tx: Tx,
  { unchanged, ...subject }: Omit<AnalyzeProjectInput, "trigger"> & { token: string; unchanged: boolean },
): Promise<void> {
  if (unchanged && (await nothingToDo(tx, subject.projectId))) await recordAnalysed(tx, subject.projectId);
  else await startAnalyzeProject(client, tx, { ...subject, trigger: "bom-upload" });
}

async function nothingToDo(tx: Tx, projectId: number): Promise<boolean> {
  if (!(await areCountsCurrent(tx, projectId))) return false;
  const unmatched = await identitiesOfProject(tx, { projectId, afterId: 0, unmatchedOnly: true, limit: 1 });
  return unmatched.length === 0;
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
