import { type AnalyzeProjectInput, analyzeProjectInput } from "@evertrack/contract/runs/analysis";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { identitiesOfProject, reportingAnalyzers } from "../../findings/index.ts";
import { recordAnalysed } from "../../projects/index.ts";
import { configured, EXTERNAL_ANALYZERS_GATE, type ExternalAnalyzer } from "../analyzers.ts";
import { matchInBatches } from "./match-batches.ts";

interface MatchProjectDeps {
  database: Database;
  analyzers: readonly ExternalAnalyzer[];
  gateOpen(name: string): boolean;
}

/** What matching a project leaves to do. */
export interface MatchProjectResult {
  batches: number;
  /** External analyzers to ask, or whose reports are to be taken back; absent where there are none. */
  analyzers?: string[];
}

/** Matches the identities of a project; after an upload those that were never matched. A deleted project has none. */
export function matchProjectActivity(deps: MatchProjectDeps) {
  return defineActivity<AnalyzeProjectInput, MatchProjectResult, Tx>({
    name: "match-project",
    input: (raw) => analyzeProjectInput.parse(raw),
    async execute(context, { projectId, trigger }) {
      const unmatchedOnly = trigger === "bom-upload";
      const { batches } = await matchInBatches(context, {
        next: (db, afterId, limit) => identitiesOfProject(db, { projectId, afterId, unmatchedOnly, limit }),
        exceptProjectId: projectId,
      });
      await context.tx("analysed", (tx) => recordAnalysed(tx, projectId));
      const analyzers = await analyzersFor(deps, projectId);
      return { batches, ...(analyzers.length > 0 && { analyzers }) };
    },
  });
}

/** Those that are enabled, and those that were and left reports. */
async function analyzersFor({ database, analyzers, gateOpen }: MatchProjectDeps, projectId: number): Promise<string[]> {
  if (!gateOpen(EXTERNAL_ANALYZERS_GATE)) return [];
  const reporting = new Set(await reportingAnalyzers(database.db, projectId));
  const wanted: string[] = [];
  for (const analyzer of analyzers) {
    const { config } = await configured(database.db, analyzer);
    if (config.enabled || reporting.has(analyzer.name)) wanted.push(analyzer.name);
  }
  return wanted;
}
