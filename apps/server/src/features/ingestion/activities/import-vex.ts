import {
  type ImportVexInput,
  importVexInput,
  type VexFailureInput,
  vexFailureInput,
} from "@evertrack/contract/runs/import-vex";
import { type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { BomHead } from "@evertrack/sbom";
import type { Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import { applyStatements } from "../../findings/index.ts";
import { lockProject, projectSubject, readProject } from "../../projects/index.ts";
import { failVex } from "../commands/fail-vex.ts";
import type { IngestionDeps } from "../deps.ts";
import { endUpload, findUpload, type Upload } from "../store.ts";
import { endVexImport } from "../store-vex.ts";
import type { ImportVexResult } from "../workflows/import-vex.ts";
import { type ReadVex, readVex } from "./read-vex.ts";

/** In whose name the trail tells what a VEX decided. */
const COMMENTER = "CycloneDX VEX";
const PROJECT_DELETED: ImportVexResult = { outcome: "project-deleted", applied: 0 };

/**
 * Reads an uploaded VEX, then applies it in one transaction: analyses with their trail, the record of the import, events and the upload's
 * outcome – exactly once, or not at all.
 */
export function importVexActivityOf(deps: IngestionDeps) {
  return defineActivity<ImportVexInput, ImportVexResult, Tx>({
    name: "import-vex",
    input: (raw) => importVexInput.parse(raw),
    async execute(ctx, { token }) {
      const upload = await findUpload(deps.database.db, token);
      if (upload === undefined) return PROJECT_DELETED;
      // As with BOMs: with the outcome of an upload its import stands in the ledger, and the file may be gone.
      const vex = upload.ended ? undefined : await readVex(deps, ctx, upload);
      return ctx.tx("apply-statements", (tx) => {
        if (vex === undefined) throw new Terminal("the upload has ended before it was imported");
        return applyVex(ctx, tx, upload, vex);
      });
    },
  });
}

async function applyVex(
  ctx: ActivityContext<Tx>,
  tx: Tx,
  { projectId, projectUuid, token }: Upload,
  { head, statements, notes: readNotes }: ReadVex,
): Promise<ImportVexResult> {
  // Imports of BOMs lock it first, too: neither of the two waits for the other half-way.
  if ((await lockProject(tx, projectId)) === undefined) return PROJECT_DELETED;
  const notes = readNotes.copy();
  const { applied, unchanged } = await applyStatements(tx, {
    projectId,
    statements,
    commenter: COMMENTER,
    eventIdOf: (finding) => ctx.idFor(`PROJECT_AUDIT_CHANGE:${finding}`),
    note: (note) => notes.add(note),
  });
  const { format, specVersion, serialNumber, version } = head;
  const found = { format, specVersion, serialNumber, version, notes: notes.listed, noteCount: notes.count };
  await endVexImport(tx, token, { ...found, applied, unchanged });
  await announce(ctx, tx, { projectId, projectUuid, token }, head);
  await endUpload(tx, token, "PROCESSED", null);
  ctx.log.info({ project: projectUuid, token, applied, unchanged, notes: notes.count }, "VEX applied");
  return { outcome: "applied", applied };
}

async function announce(
  ctx: ActivityContext<Tx>,
  tx: Tx,
  { projectId, projectUuid, token }: Pick<Upload, "projectId" | "projectUuid" | "token">,
  { format, specVersion }: BomHead,
): Promise<void> {
  const row = await readProject(tx, { all: true }, projectId);
  if (row === undefined) return;
  const payload = { project: projectSubject(row), vex: "(Omitted)", format, specVersion, token };
  const event = (type: string) => ({ eventId: ctx.idFor(type), type, subject: projectUuid, payload });
  await appendEvents(tx, [event("VEX_CONSUMED"), event("VEX_PROCESSED")]);
}

/** Records why an import failed, once. */
export function recordVexFailureOf(_deps: IngestionDeps) {
  return defineActivity<VexFailureInput, null, Tx>({
    name: "record-vex-failure",
    input: (raw) => vexFailureInput.parse(raw),
    execute: (ctx, failure) =>
      ctx.tx("record-failure", async (tx) => {
        await failVex(tx, failure);
        return null;
      }),
  });
}
