import { sql } from "kysely";
import type { Db, Tx } from "../../platform/db/index.ts";
import type { VexNote } from "../findings/index.ts";

/** Records an accepted VEX; its file stands among the uploads under the same token. */
export async function insertVexImport(
  tx: Tx,
  { token, projectId, projectUuid }: { token: string; projectId: number; projectUuid: string },
): Promise<void> {
  await sql`/* ingestion.insertVexImport */
    insert into vex_import (token, project_id, project_uuid) values (${token}, ${projectId}, ${projectUuid})`.execute(
    tx,
  );
}

/** Whether an upload is a VEX. */
export async function isVexUpload(db: Db, token: string): Promise<boolean> {
  const { rows } = await sql`/* ingestion.isVexUpload */ select 1 from vex_import where token = ${token}`.execute(db);
  return rows.length > 0;
}

/** What an import found and did. */
export interface VexResult {
  format: string;
  specVersion: string;
  serialNumber: string | undefined;
  version: number;
  applied: number;
  unchanged: number;
  notes: readonly VexNote[];
  noteCount: number;
}

/** Records that a VEX was applied. */
export async function endVexImport(tx: Tx, token: string, result: VexResult): Promise<void> {
  await sql`/* ingestion.endVexImport */
    update vex_import set outcome = 'PROCESSED', ended_at = now(), format = ${result.format},
      spec_version = ${result.specVersion}, serial_number = ${result.serialNumber ?? null},
      document_version = ${result.version}, applied = ${result.applied}, unchanged = ${result.unchanged},
      notes = ${JSON.stringify(result.notes)}::jsonb, note_count = ${result.noteCount}
    where token = ${token} and ended_at is null`.execute(tx);
}

/** Records once why a VEX was not applied. */
export async function failVexImport(tx: Tx, token: string, reason: string): Promise<void> {
  await sql`/* ingestion.failVexImport */
    update vex_import set outcome = 'FAILED', ended_at = now(), failure_reason = ${reason}
    where token = ${token} and ended_at is null`.execute(tx);
}

/** What became of a VEX. */
export interface VexOutcome {
  projectUuid: string;
  receivedAt: Date;
  endedAt: Date | null;
  outcome: "PROCESSED" | "FAILED" | null;
  failureReason: string | null;
  applied: number | null;
  unchanged: number | null;
  notes: VexNote[] | null;
  noteCount: number | null;
}

/** See VexOutcome; undefined for tokens of nothing. */
export async function readVexOutcome(db: Db, token: string): Promise<VexOutcome | undefined> {
  const { rows } = await sql<VexOutcome>`/* ingestion.readVexOutcome */
    select project_uuid as "projectUuid", received_at as "receivedAt", ended_at as "endedAt", outcome,
      failure_reason as "failureReason", applied, unchanged, notes, note_count as "noteCount"
    from vex_import where token = ${token}`.execute(db);
  return rows[0];
}
