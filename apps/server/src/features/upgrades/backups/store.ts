import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** A backup of this database that was taken, or that an operator vouches for. */
export interface BackupRecord {
  id: string;
  kind: "dump" | "export" | "confirmed";
  takenAt: Date;
  location: string;
  version: string;
  bytes: number | undefined;
  takenBy: string;
}

/** What checking a backup found. */
export interface BackupVerdict {
  verdict: "passed" | "failed" | "confirmed";
  problems: readonly string[];
}

const RECORDS_KEPT = 1_000;

/** Whether this schema can keep records: older ones cannot. */
export async function keepsBackupRecords(db: Db): Promise<boolean> {
  const { rows } = await sql<{ kept: boolean }>`/* upgrades.keepsBackupRecords */
    select to_regclass('public.backup_record') is not null as kept`.execute(db);
  return rows[0]?.kept === true;
}

/** Writes a record; those beyond the newest 1,000 go. */
export async function insertBackupRecord(tx: Tx, record: BackupRecord): Promise<void> {
  await sql`/* upgrades.insertBackupRecord */
    insert into backup_record (id, kind, taken_at, location, version, bytes, taken_by)
    values (${record.id}, ${record.kind}, ${record.takenAt}, ${record.location}, ${record.version},
      ${record.bytes ?? null}, ${record.takenBy})`.execute(tx);
  await sql`/* upgrades.deleteOldBackupRecords */
    delete from backup_record where id in (select id from backup_record order by taken_at desc offset ${RECORDS_KEPT})`.execute(
    tx,
  );
}

/** Ids of the backups of this database that were restored on trial and found whole. */
export async function listVerifiedBackups(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`/* upgrades.listVerifiedBackups */
    select id from backup_record where verdict = 'passed' and kind in ('dump', 'export')`.execute(db);
  return rows.map(({ id }) => id);
}

/** Notes a verdict, now; false when this database has no record of the backup: it is of another one. */
export async function noteBackupVerdict(tx: Tx, id: string, { verdict, problems }: BackupVerdict): Promise<boolean> {
  const { rows } = await sql`/* upgrades.noteBackupVerdict */
    update backup_record set verified_at = now(), verdict = ${verdict},
      detail = ${JSON.stringify({ problems })}::jsonb
    where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}
