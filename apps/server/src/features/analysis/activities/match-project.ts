import { type AnalyzeProjectInput, analyzeProjectInput } from "@evertrack/contract/runs/analysis";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { identitiesOfProject } from "../../findings/index.ts";
import { recordAnalysed } from "../../projects/index.ts";
import { matchInBatches } from "./match-batches.ts";

/** Matches the identities of a project; after an upload those that were never matched. A deleted project has none. */
export function matchProjectActivity() {
  return defineActivity<AnalyzeProjectInput, { batches: number }, Tx>({
    name: "match-project",
    input: (raw) => analyzeProjectInput.parse(raw),
    async execute(context, { projectId, trigger }) {
      const unmatchedOnly = trigger === "bom-upload";
      const { batches } = await matchInBatches(context, {
        next: (db, afterId, limit) => identitiesOfProject(db, { projectId, afterId, unmatchedOnly, limit }),
        exceptProjectId: projectId,
      });
      await context.tx("analysed", (tx) => recordAnalysed(tx, projectId));
      return { batches };
    },
  });
}
