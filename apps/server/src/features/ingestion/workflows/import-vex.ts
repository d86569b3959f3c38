import { type ImportVexInput, importVexInput, type VexFailureInput } from "@evertrack/contract/runs/import-vex";
import { activityRef, defineWorkflow, RunFailed } from "@evertrack/engine/authoring";
import { deleteUploadFileActivity } from "./import-bom.ts";

/** How an import of a VEX ended. */
export interface ImportVexResult {
  outcome: "applied" | "project-deleted";
  applied: number;
}

const IMPORT_TIMEOUT_MS = 1_800_000;

/** Reads the VEX and decides the findings it is about. */
export const importVexActivity = activityRef<ImportVexInput, ImportVexResult>("import-vex", {
  queue: "artifact-imports",
  timeoutMs: IMPORT_TIMEOUT_MS,
});

/** Tells why nothing was applied. */
export const recordVexFailureActivity = activityRef<VexFailureInput, null>("record-vex-failure", { queue: "default" });

/** One uploaded VEX is applied to the findings of its project; started with the upload, one at a time per project. */
export const importVex = defineWorkflow<ImportVexInput, ImportVexResult>({
  name: "import-vex",
  input: (raw) => importVexInput.parse(raw),
  async run(ctx, input) {
    try {
      const result = await ctx.activity(importVexActivity, input);
      await ctx.activity(deleteUploadFileActivity, input);
      return result;
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      await ctx.activity(recordVexFailureActivity, { token: input.token, reason: error.failure.message });
      await ctx.activity(deleteUploadFileActivity, input, { key: "delete-upload-file-after-failure" });
      throw error;
    }
  },
});
