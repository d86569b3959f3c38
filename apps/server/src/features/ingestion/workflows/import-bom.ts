import { type ImportBomInput, type ImportFailureInput, importBomInput } from "@evertrack/contract/runs/import-bom";
import { activityRef, defineWorkflow, RunFailed } from "@evertrack/engine/authoring";

/** How an import ended. */
export interface ImportBomResult {
  outcome: "imported" | "project-deleted";
  components: number;
}

const IMPORT_TIMEOUT_MS = 1_800_000;

/** Reads the BOM and replaces the project's inventory. */
export const importBomActivity = activityRef<ImportBomInput, ImportBomResult>("import-bom", {
  queue: "artifact-imports",
  timeoutMs: IMPORT_TIMEOUT_MS,
});

/** Tells why nothing was imported. */
export const recordImportFailureActivity = activityRef<ImportFailureInput, null>("record-import-failure", {
  queue: "default",
});

/** Removes the uploaded file; it is not needed whatever happened. */
export const deleteUploadFileActivity = activityRef<ImportBomInput, null>("delete-upload-file", { queue: "default" });

/** One uploaded BOM becomes the inventory of its project; started with the upload, one at a time per project. */
export const importBom = defineWorkflow<ImportBomInput, ImportBomResult>({
  name: "import-bom",
  input: (raw) => importBomInput.parse(raw),
  async run(ctx, input) {
    try {
      const result = await ctx.activity(importBomActivity, input);
      await ctx.activity(deleteUploadFileActivity, input);
      return result;
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      await ctx.activity(recordImportFailureActivity, { token: input.token, reason: error.failure.message });
      await ctx.activity(deleteUploadFileActivity, input, { key: "delete-upload-file-after-failure" });
      throw error;
    }
  },
});
