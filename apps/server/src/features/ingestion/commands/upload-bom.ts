/**
 * Accepting a BOM: known idempotency key? → project and permissions → validation → file kept → ONE transaction with the
 * project, the upload, the idempotency key and the started import. Whoever gets a token can rely on it: the answer is
 * sent after the commit. A refused upload leaves nothing behind. What is in the project already need not be imported (upload-again.ts).
 */
import type { BomUploadFields, BomUploadResponse } from "@evertrack/contract/v1/bom";
import type { Tx } from "../../../platform/db/index.ts";
import type { StoredFile } from "../../../platform/files/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { EVERY_FORMAT_GATE, type IngestionDeps } from "../deps.ts";
import { notYetEveryFormat } from "../errors.ts";
import { keptIfAccepted, type ReceivedBom } from "../received-bom.ts";
import { insertUpload, nameIdempotentProject } from "../store.ts";
import { importBom } from "../workflows/import-bom.ts";
import { type Repeatable, uploadAgain } from "./upload-again.ts";
import { claim, findEarlier, idempotencyOf } from "./upload-idempotency.ts";
import { findTarget } from "./upload-target.ts";
import { validateBom } from "./validate-bom.ts";

const UPLOAD_PRIORITY = 50;

/** One upload request, parsed. */
export interface UploadRequest {
  fields: BomUploadFields;
  bom: ReceivedBom;
  idempotencyKey: string | undefined;
}

/** Accepts a BOM and starts its import, or throws what the client is told. */
export async function uploadBom(
  deps: IngestionDeps,
  principal: Principal,
  request: UploadRequest,
): Promise<BomUploadResponse> {
  return keptIfAccepted(request.bom, () => accept(deps, principal, request));
}

async function accept(deps: IngestionDeps, principal: Principal, request: UploadRequest): Promise<BomUploadResponse> {
  const idempotency = idempotencyOf(principal, request.idempotencyKey, request.fields, request.bom);
  const earlier = idempotency && (await findEarlier(deps.database.db, idempotency));
  if (earlier !== undefined) return earlier;
  const target = await findTarget(deps, principal, request.fields);
  if (!request.bom.beginsAsJson && !deps.gateOpen(EVERY_FORMAT_GATE)) throw notYetEveryFormat();
  await validateBom(deps, request.bom, target);
  const upload = { target, bom: request.bom, by: principal.name, idempotency };
  const answer = (await uploadAgain(deps, upload)) ?? (await startImport(deps, upload));
  deps.log.info({ project: answer.projectUuid, token: answer.token, by: principal.name }, "BOM accepted");
  return answer;
}

async function startImport(deps: IngestionDeps, upload: Repeatable): Promise<BomUploadResponse> {
  const file = await upload.bom.keep();
  return deps.database.transaction(async (tx) => {
    const winner = upload.idempotency && (await claim(tx, upload.idempotency, upload.bom.token));
    return winner ?? (await commitUpload(deps, tx, upload, file));
  });
}

async function commitUpload(
  { engine }: IngestionDeps,
  tx: Tx,
  { target, bom, by, idempotency }: Repeatable,
  file: StoredFile,
): Promise<BomUploadResponse> {
  const { token, sha256: contentSha256 } = bom;
  const project = await target.settle(tx);
  if (idempotency !== undefined) await nameIdempotentProject(tx, idempotency, project.uuid);
  const { location: fileLocation, sha256: fileSha256, sizeBytes } = file;
  const kept = { fileLocation, fileSha256, sizeBytes, contentSha256 };
  await insertUpload(tx, { token, projectId: project.id, projectUuid: project.uuid, ...kept }, by);
  await engine.startRun(
    tx,
    importBom,
    { token, fileLocation },
    {
      concurrencyKey: `import-bom:${project.uuid}`,
      labels: { project: project.uuid, token },
      priority: UPLOAD_PRIORITY,
    },
  );
  return { token, projectUuid: project.uuid };
}
