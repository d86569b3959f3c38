import { sql } from "kysely";
import type { Db, Tx } from "../../platform/db/index.ts";

/** An accepted upload. */
export interface Upload {
  token: string;
  projectId: number;
  projectUuid: string;
  fileLocation: string;
  fileSha256: string;
  sizeBytes: number;
  /** Of the document as it is read; null where it is not known. */
  contentSha256: string | null;
}

/** Files that imports still need: for backups, which bring them along. */
export const FILES_IN_USE = `/* ingestion.filesInUse */
  select substr(file_location, length('local:///') + 1) as path, file_sha256 as sha256
  from public.bom_upload where ended_at is null and starts_with(file_location, 'local:///') order by received_at`;

/** Records an accepted upload; the file is kept already. */
export async function insertUpload(tx: Tx, upload: Upload, uploadedBy: string): Promise<void> {
  await sql`/* ingestion.insertUpload */
    insert into bom_upload (token, project_id, project_uuid, file_location, file_sha256, size_bytes, content_sha256, uploaded_by)
    values (${upload.token}, ${upload.projectId}, ${upload.projectUuid}, ${upload.fileLocation}, ${upload.fileSha256},
      ${upload.sizeBytes}, ${upload.contentSha256}, ${uploadedBy})`.execute(tx);
}

/** Records an upload that ended as it was accepted, since there was nothing to import; no file is kept. */
export async function insertEndedUpload(
  tx: Tx,
  upload: Omit<Upload, "fileLocation" | "fileSha256">,
  uploadedBy: string,
): Promise<void> {
  await sql`/* ingestion.insertEndedUpload */
    insert into bom_upload (token, project_id, project_uuid, file_location, file_sha256, size_bytes, content_sha256, uploaded_by,
      received_at, ended_at, outcome)
    values (${upload.token}, ${upload.projectId}, ${upload.projectUuid}, '', '', ${upload.sizeBytes}, ${upload.contentSha256},
      ${uploadedBy}, clock_timestamp(), clock_timestamp(), 'PROCESSED')`.execute(tx);
}

/** An accepted upload by token, and whether it has ended; undefined also when its project was deleted. */
export async function findUpload(db: Db, token: string): Promise<(Upload & { ended: boolean }) | undefined> {
  const { rows } = await sql<Upload & { ended: boolean }>`/* ingestion.findUpload */
    select token, project_id as "projectId", project_uuid as "projectUuid", file_location as "fileLocation",
      file_sha256 as "fileSha256", size_bytes as "sizeBytes", content_sha256 as "contentSha256",
      ended_at is not null as ended
    from bom_upload where token = ${token}`.execute(db);
  return rows[0];
}

/** Whether an upload into this project has not ended yet. */
export async function awaitsImport(tx: Tx, projectId: number): Promise<boolean> {
  const { rows } = await sql`/* ingestion.awaitsImport */
    select 1 from bom_upload where project_id = ${projectId} and ended_at is null limit 1`.execute(tx);
  return rows.length > 0;
}

/** How an upload ended, if it did, and what its import left out. */
export interface UploadOutcome {
  projectUuid: string;
  components: number | null;
  notes: { path: string; message: string }[] | null;
  outcome: "PROCESSED" | "FAILED" | null;
  failureReason: string | null;
  receivedAt: Date;
  endedAt: Date | null;
}

/** What became of an upload. */
export async function readOutcome(db: Db, token: string): Promise<UploadOutcome | undefined> {
  const { rows } = await sql<UploadOutcome>`/* ingestion.readOutcome */
    select u.project_uuid as "projectUuid", u.outcome, u.failure_reason as "failureReason", u.received_at as "receivedAt",
      u.ended_at as "endedAt", i.components, i.notes
    from bom_upload u left join bom_import i on i.token = u.token where u.token = ${token}`.execute(db);
  return rows[0];
}

/** Records the end of an upload once; returns its project, undefined when it had ended before or is gone. */
export async function endUpload(
  tx: Tx,
  token: string,
  outcome: "PROCESSED" | "FAILED",
  failureReason: string | null,
): Promise<number | undefined> {
  const { rows } = await sql<{ projectId: number }>`/* ingestion.endUpload */
    update bom_upload set outcome = ${outcome}, failure_reason = ${failureReason}, ended_at = now()
    where token = ${token} and ended_at is null returning project_id as "projectId"`.execute(tx);
  return rows[0]?.projectId;
}

/** Removes uploads that ended long ago. */
export async function deleteEndedUploads(tx: Tx, days: number, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`/* ingestion.deleteEndedUploads */
    delete from bom_upload where token in (
      select token from bom_upload where ended_at < now() - ${days} * interval '1 day' limit ${limit})`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Tokens of uploads received more than `seconds` ago that have not ended, oldest first. */
export async function listUnended(db: Db, seconds: number, limit: number): Promise<string[]> {
  const { rows } = await sql<{ token: string }>`/* ingestion.listUnended */
    select token from bom_upload where ended_at is null and received_at < now() - ${seconds} * interval '1 second'
    order by received_at limit ${limit}`.execute(db);
  return rows.map(({ token }) => token);
}

/** Those of the tokens whose upload exists and has not ended: their files are needed. */
export async function neededTokens(db: Db, tokens: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ token: string }>`/* ingestion.neededTokens */
    select token from bom_upload where token = any(${[...tokens]}::uuid[]) and ended_at is null`.execute(db);
  return new Set(rows.map(({ token }) => token));
}

/** The upload an idempotency key stands for. */
export interface IdempotentUpload {
  requestSha256: string;
  token: string;
  projectUuid: string;
}

/** Hours an idempotency key is remembered. */
export const IDEMPOTENCY_HOURS = 24;

/** What a principal's key stands for, if it was used within its time. */
export async function findIdempotent(db: Db, principal: string, key: string): Promise<IdempotentUpload | undefined> {
  const { rows } = await sql<IdempotentUpload>`/* ingestion.findIdempotent */
    select request_sha256 as "requestSha256", token, project_uuid as "projectUuid" from upload_idempotency
    where principal = ${principal} and key = ${key} and created_at > now() - ${IDEMPOTENCY_HOURS} * interval '1 hour'`.execute(
    db,
  );
  return rows[0];
}

/**
 * Takes a key for this upload; false when another upload has it. Waits for a transaction that is about to take the same
 * key, so of concurrent duplicates one wins and the others read what it committed.
 */
export async function claimIdempotencyKey(
  tx: Tx,
  owner: { principal: string; key: string },
  upload: IdempotentUpload,
): Promise<boolean> {
  const { numAffectedRows } = await sql`/* ingestion.claimKey */
    insert into upload_idempotency (principal, key, request_sha256, token, project_uuid)
    values (${owner.principal}, ${owner.key}, ${upload.requestSha256}, ${upload.token}, ${upload.projectUuid})
    on conflict (principal, key) do update set request_sha256 = excluded.request_sha256, token = excluded.token,
      project_uuid = excluded.project_uuid, created_at = now()
    where upload_idempotency.created_at <= now() - ${IDEMPOTENCY_HOURS} * interval '1 hour'`.execute(tx);
  return numAffectedRows === 1n;
}

/** Sets the project of a claimed key once it is known. */
export async function nameIdempotentProject(
  tx: Tx,
  owner: { principal: string; key: string },
  projectUuid: string,
): Promise<void> {
  await sql`/* ingestion.nameIdempotentProject */
    update upload_idempotency set project_uuid = ${projectUuid}
    where principal = ${owner.principal} and key = ${owner.key}`.execute(tx);
}

/** Forgets keys whose time is over. */
export async function deleteOldIdempotencyKeys(tx: Tx, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`/* ingestion.deleteOldKeys */
    delete from upload_idempotency where (principal, key) in (
      select principal, key from upload_idempotency
      where created_at <= now() - ${IDEMPOTENCY_HOURS} * interval '1 hour' limit ${limit})`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
