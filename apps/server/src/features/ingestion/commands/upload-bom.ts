/**
 * Accepting a BOM: known idempotency key? → project and permissions → validation → file kept → ONE transaction with the
 * project, the upload, the idempotency key and the started import. Whoever gets a token can rely on it: the answer is
 * sent after the commit. A refused upload leaves nothing behind.
 */
import { createHash } from "node:crypto";
import type { BomUploadFields, BomUploadResponse } from "@evertrack/contract/v1/bom";
import type { Tx } from "../../../platform/db/index.ts";
import type { StoredFile } from "../../../platform/files/index.ts";
import { AppError, InvalidRequest, PlainError, type Principal } from "../../../platform/http/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { keyReused } from "../errors.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { claimIdempotencyKey, findIdempotent, insertUpload, nameIdempotentProject } from "../store.ts";
import { importBom } from "../workflows/import-bom.ts";
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
  try {
    const accepted = await accept(deps, principal, request);
    if (accepted.token !== request.bom.token) await request.bom.discard();
    return accepted;
  } catch (error) {
    // After any other failure the commit may have happened: the file stays, and the clean-up removes it if it did not.
    if (error instanceof AppError || error instanceof PlainError || error instanceof InvalidRequest)
      await request.bom.discard();
    throw error;
  }
}

async function accept(deps: IngestionDeps, principal: Principal, request: UploadRequest): Promise<BomUploadResponse> {
  const idempotency = idempotencyOf(principal, request);
  const earlier = idempotency && (await findEarlier(deps.database.db, idempotency));
  if (earlier !== undefined) return earlier;
  const target = await findTarget(deps, principal, request.fields);
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

interface Idempotency {
  principal: string;
  key: string;
  requestSha256: string;
}

function idempotencyOf(principal: Principal, { idempotencyKey, fields, bom }: UploadRequest): Idempotency | undefined {
  if (idempotencyKey === undefined) return undefined;
  const members = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const requestSha256 = createHash("sha256")
    .update(`${JSON.stringify(members)}\n${bom.sha256}`)
    .digest("hex");
  return { principal: principal.key, key: idempotencyKey, requestSha256 };
}

/** The answer an earlier request with this key got. */
async function findEarlier(db: Parameters<typeof findIdempotent>[0], wanted: Idempotency) {
  const earlier = await findIdempotent(db, wanted.principal, wanted.key);
  if (earlier === undefined) return undefined;
  if (earlier.requestSha256 !== wanted.requestSha256) throw keyReused();
  return { token: earlier.token, projectUuid: earlier.projectUuid };
}

/** Undefined when this request has the key now; else the answer of the request that took it first. */
async function claim(tx: Tx, wanted: Idempotency, token: string): Promise<BomUploadResponse | undefined> {
  const { requestSha256 } = wanted;
  if (await claimIdempotencyKey(tx, wanted, { requestSha256, token, projectUuid: token })) return undefined;
  const earlier = await findEarlier(tx, wanted);
  if (earlier === undefined) throw new Error("an idempotency key ran out between being found and being read");
  return earlier;
}
