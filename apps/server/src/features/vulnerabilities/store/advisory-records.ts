import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { KnownRecord } from "../rules/osv-listing.ts";

/** What a mirror took from an ecosystem so far, by advisory id. */
export async function readAdvisoryRecords(
  db: Db,
  mirror: string,
  ecosystem: string,
): Promise<Map<string, KnownRecord>> {
  const { rows } = await sql<{ advisory_id: string } & KnownRecord>`/* vulnerabilities.readRecords */
    select advisory_id, modified, encode(digest, 'hex') as digest from advisory_record
    where mirror = ${mirror} and ecosystem = ${ecosystem}`.execute(db);
  return new Map(rows.map(({ advisory_id, modified, digest }) => [advisory_id, { modified, digest }]));
}

interface AdvisoryRecordRow extends KnownRecord {
  source: string;
  vuln_id: string;
}

/** Remembers what was taken, and which vulnerability it became. */
export async function writeAdvisoryRecords(
  tx: Tx,
  mirror: string,
  ecosystem: string,
  records: readonly AdvisoryRecordRow[],
): Promise<void> {
  await sql`/* vulnerabilities.writeRecords */
    insert into advisory_record (mirror, ecosystem, advisory_id, modified, digest, vulnerability_id)
    select ${mirror}, ${ecosystem}, i.vuln_id, i.modified, decode(i.digest, 'hex'), v.id
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as i(source text, vuln_id text, modified text, digest text)
    join vulnerability v on v.vuln_id = i.vuln_id and v.source = i.source
    order by i.vuln_id
    on conflict (mirror, ecosystem, advisory_id) do update
    set modified = excluded.modified, digest = excluded.digest, vulnerability_id = excluded.vulnerability_id`.execute(
    tx,
  );
}

/** Forgets records an ecosystem does not list any more; returns the vulnerabilities they had become. */
export async function deleteAdvisoryRecords(
  tx: Tx,
  mirror: string,
  ecosystem: string,
  advisoryIds: readonly string[],
): Promise<number[]> {
  const { rows } = await sql<{ vulnerability_id: number | null }>`/* vulnerabilities.deleteRecords */
    delete from advisory_record
    where mirror = ${mirror} and ecosystem = ${ecosystem} and advisory_id = any(${[...advisoryIds]}::text[])
    returning vulnerability_id`.execute(tx);
  return rows.map((row) => row.vulnerability_id).filter((id) => id !== null);
}

/**
 * Rejects those of the vulnerabilities that no record of any mirror stands for any more, and returns them. Their digest
 * goes, so that they come back as they were should they be listed again.
 */
export async function rejectUnrecorded(tx: Tx, vulnerabilityIds: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* vulnerabilities.rejectUnrecorded */
    update vulnerability set rejected = coalesce(rejected, now()), digest = null
    where id in (
      select v.id from vulnerability v
      where v.id = any(${[...vulnerabilityIds]}::int[]) and v.source <> 'INTERNAL'
        and not exists (select 1 from advisory_record r where r.vulnerability_id = v.id)
      order by v.vuln_id, v.source for update)
    returning id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** What a mirror took of some records, by advisory id; those it never took are missing. */
export async function readSomeAdvisoryRecords(
  db: Db,
  mirror: string,
  ecosystem: string,
  advisoryIds: readonly string[],
): Promise<Map<string, KnownRecord>> {
  const { rows } = await sql<{ advisory_id: string } & KnownRecord>`/* vulnerabilities.readSomeRecords */
    select advisory_id, modified, encode(digest, 'hex') as digest from advisory_record
    where mirror = ${mirror} and ecosystem = ${ecosystem} and advisory_id = any(${[...advisoryIds]}::text[])`.execute(
    db,
  );
  return new Map(rows.map(({ advisory_id, modified, digest }) => [advisory_id, { modified, digest }]));
}
