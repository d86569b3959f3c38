/**
 * A document that its project's inventory was made from already, read under the same circumstances: there is nothing to
 * import, and the upload ends with the request. What an import is remembered by and told as happens all the same: record, project,
 * events, analysis where something is to be analysed. Whatever is not certain is left to an import.
 */
import type { BomUploadResponse } from "@evertrack/contract/v1/bom";
import type { Tx } from "../../../platform/db/index.ts";
import { isSourceOf, lockRepeatable, repeatImport } from "../../components/index.ts";
import { recordBomImported, updateProject } from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { importFingerprint } from "../fingerprint.ts";
import { currentCircumstances } from "../queries/judging.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { awaitsImport, insertEndedUpload, nameIdempotentProject } from "../store.ts";
import { announceImport } from "./announce-import.ts";
import { claim, type Idempotency } from "./upload-idempotency.ts";
import type { UploadTarget } from "./upload-target.ts";

/** A validated document on its way to a project. */
export interface Repeatable {
  target: UploadTarget;
  bom: ReceivedBom;
  by: string;
  idempotency: Idempotency | undefined;
}

/** The answer to an upload that ended at once; undefined when it has to be imported. */
export async function uploadAgain(deps: IngestionDeps, upload: Repeatable): Promise<BomUploadResponse | undefined> {
  const projectId = upload.target.existingId;
  if (projectId === undefined) return undefined;
  const fingerprint = importFingerprint(upload.bom.sha256, await currentCircumstances(deps));
  if (!(await isSourceOf(deps.database.db, projectId, fingerprint))) return undefined;
  return deps.database.transaction((tx) => repeat(deps, tx, upload, { projectId, fingerprint }));
}

async function repeat(
  deps: IngestionDeps,
  tx: Tx,
  { target, bom, by, idempotency }: Repeatable,
  source: { projectId: number; fingerprint: Buffer },
): Promise<BomUploadResponse | undefined> {
  const { projectId } = source;
  const { token } = bom;
  const repeatable = await lockRepeatable(tx, projectId, source.fingerprint);
  // What was uploaded before and waits comes first; this document has its turn after it.
  if (repeatable === undefined || (await awaitsImport(tx, projectId))) return undefined;
  const winner = idempotency && (await claim(tx, idempotency, token));
  if (winner !== undefined) return winner;
  const { uuid: projectUuid } = await target.settle(tx);
  if (idempotency !== undefined) await nameIdempotentProject(tx, idempotency, projectUuid);
  const { sizeBytes, sha256: contentSha256 } = bom;
  await insertEndedUpload(tx, { token, projectId, projectUuid, sizeBytes, contentSha256 }, by);
  await deps.startAnalysis(tx, { projectUuid, projectId, token, unchanged: true });
  await updateProject(tx, projectId, repeatable.projectColumns);
  const head = await repeatImport(tx, projectId, repeatable, token);
  await recordBomImported(tx, projectId, `${head.format} ${head.specVersion}`);
  await announceImport(tx, { projectId, projectUuid, token }, head, () => deps.clock.uuidV7());
  return { token, projectUuid };
}
