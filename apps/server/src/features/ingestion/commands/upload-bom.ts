/**
 * Accepting a BOM: known idempotency key? → project and permissions → validation → file kept → ONE transaction with the
 * project, the upload, the idempotency key and the started import. Whoever gets a token can rely on it: the answer is
 * sent after the commit. A refused upload leaves nothing behind.
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
import { claim, findEarlier, type Idempotency, idempotencyOf } from "./upload-idempotency.ts";
import { findTarget, type UploadTarget } from "./upload-target.ts";
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
  const file = await request.bom.keep();
  const { token } = request.bom;
  const answer = await deps.database.transaction(async (tx) => {
    const winner = idempotency && (await claim(tx, idempotency, token));
    return winner ?? (await commitUpload(deps, tx, { target, file, token, by: principal.name, idempotency }));
  });
  deps.log.info({ project: answer.projectUuid, token: answer.token, by: principal.name }, "BOM accepted");
  return answer;
}

interface Accepted {
  target: UploadTarget;
  file: StoredFile;
  token: string;
  by: string;
  idempotency: Idempotency | undefined;
}

async function commitUpload(
  { engine }: IngestionDeps,
  tx: Tx,
  { target, file, token, by, idempotency }: Accepted,
): Promise<BomUploadResponse> {
  const project = await target.settle(tx);
  if (idempotency !== undefined) await nameIdempotentProject(tx, idempotency, project.uuid);
  const { location: fileLocation, sha256: fileSha256, sizeBytes } = file;
  const upload = { token, projectId: project.id, projectUuid: project.uuid, fileLocation, fileSha256, sizeBytes };
  await insertUpload(tx, upload, by);
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
