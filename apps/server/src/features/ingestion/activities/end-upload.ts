import {
  type ImportBomInput,
  type ImportFailureInput,
  importBomInput,
  importFailureInput,
} from "@evertrack/contract/runs/import-bom";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { projectSubject, readProject } from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { endUpload } from "../store.ts";

const REASON_LENGTH_MAX = 4_000;

/** Records why an import failed and tells so, once. A project that was deleted meanwhile needs neither. */
export function recordImportFailureOf(_deps: IngestionDeps) {
  return defineActivity<ImportFailureInput, null, Tx>({
    name: "record-import-failure",
    input: (raw) => importFailureInput.parse(raw),
    execute: (ctx, { token, reason }) =>
      ctx.tx("record-failure", async (tx) => {
        const cause = reason.slice(0, REASON_LENGTH_MAX);
        const projectId = await endUpload(tx, token, "FAILED", cause);
        const row = projectId === undefined ? undefined : await readProject(tx, { all: true }, projectId);
        if (row === undefined) return null;
        const bom = { content: "(Omitted)", format: "CycloneDX" };
        const payload = { project: projectSubject(row), bom, cause, token };
        const eventId = ctx.idFor("BOM_PROCESSING_FAILED");
        await appendEvents(tx, [{ eventId, type: "BOM_PROCESSING_FAILED", subject: row.uuid, payload }]);
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
