import {
  type ImportBomInput,
  type ImportFailureInput,
  importBomInput,
  importFailureInput,
} from "@evertrack/contract/runs/import-bom";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { failUpload } from "../commands/fail-upload.ts";
import type { IngestionDeps } from "../deps.ts";

/** Records why an import failed and tells so, once. A project that was deleted meanwhile needs neither. */
export function recordImportFailureOf(_deps: IngestionDeps) {
  return defineActivity<ImportFailureInput, null, Tx>({
    name: "record-import-failure",
    input: (raw) => importFailureInput.parse(raw),
    execute: (ctx, { token, reason }) =>
      ctx.tx("record-failure", async (tx) => {
        await failUpload(tx, { token, reason, eventId: ctx.idFor("BOM_PROCESSING_FAILED") });
        return null;
      }),
  });
}

/** Deletes the uploaded file. */
export function deleteUploadFileOf({ files }: IngestionDeps) {
  return defineActivity<ImportBomInput, null, Tx>({
    name: "delete-upload-file",
    input: (raw) => importBomInput.parse(raw),
    async execute(_ctx, { fileLocation }) {
      await files.delete(fileLocation);
      return null;
    },
  });
}
