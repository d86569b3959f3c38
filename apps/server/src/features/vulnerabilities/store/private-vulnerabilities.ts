import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { privateRow } from "../rules/private-vulnerability.ts";

type PrivateRow = ReturnType<typeof privateRow>;

const record = sql`i(vuln_id text, title text, sub_title text, description text, detail text, recommendation text,
  references_text text, credits jsonb, cwes int[], severity smallint, cvss real, cvss_v2_vector text, cvss_v2_score real,
  cvss_v3_vector text, cvss_v3_score real, cvss_v4_vector text, cvss_v4_score real, owasp_vector text,
  owasp_likelihood real, owasp_technical_impact real, owasp_business_impact real, created timestamptz,
  published timestamptz, updated timestamptz, rejected timestamptz)`;

/** Inserts a vulnerability of our own; undefined when its id is taken. */
export async function insertPrivateVulnerability(
  tx: Tx,
  row: PrivateRow,
): Promise<{ id: number; uuid: string } | undefined> {
  const { rows } = await sql<{ id: number; uuid: string }>`/* vulnerabilities.insertPrivate */
    insert into vulnerability (source, vuln_id, title, sub_title, description, detail, recommendation, references_text,
      credits, cwes, severity, cvss, cvss_v2_vector, cvss_v2_score, cvss_v3_vector, cvss_v3_score, cvss_v4_vector,
      cvss_v4_score, owasp_vector, owasp_likelihood, owasp_technical_impact, owasp_business_impact, created, published,
      updated, rejected)
    select 'INTERNAL', i.vuln_id, i.title, i.sub_title, i.description, i.detail, i.recommendation, i.references_text,
      i.credits, i.cwes, i.severity, i.cvss, i.cvss_v2_vector, i.cvss_v2_score, i.cvss_v3_vector, i.cvss_v3_score,
      i.cvss_v4_vector, i.cvss_v4_score, i.owasp_vector, i.owasp_likelihood, i.owasp_technical_impact,
      i.owasp_business_impact, coalesce(i.created, now()), i.published, coalesce(i.updated, now()), i.rejected
    from jsonb_to_record(${JSON.stringify(row)}::jsonb) as ${record}
    on conflict (vuln_id, source) do nothing
    returning id, uuid`.execute(tx);
  return rows[0];
}

/** Replaces what a vulnerability of our own says; its id, UUID and, unless said otherwise, time of creation stay. */
export async function updatePrivateVulnerability(tx: Tx, id: number, row: PrivateRow): Promise<void> {
  await sql`/* vulnerabilities.updatePrivate */
    update vulnerability v set title = i.title, sub_title = i.sub_title, description = i.description, detail = i.detail,
      recommendation = i.recommendation, references_text = i.references_text, credits = i.credits, cwes = i.cwes,
      severity = i.severity, cvss = i.cvss, cvss_v2_vector = i.cvss_v2_vector, cvss_v2_score = i.cvss_v2_score,
      cvss_v3_vector = i.cvss_v3_vector, cvss_v3_score = i.cvss_v3_score, cvss_v4_vector = i.cvss_v4_vector,
      cvss_v4_score = i.cvss_v4_score, owasp_vector = i.owasp_vector, owasp_likelihood = i.owasp_likelihood,
      owasp_technical_impact = i.owasp_technical_impact, owasp_business_impact = i.owasp_business_impact,
      created = coalesce(i.created, v.created), published = i.published, updated = coalesce(i.updated, now()),
      rejected = i.rejected
    from jsonb_to_record(${JSON.stringify(row)}::jsonb) as ${record}
    where v.id = ${id}`.execute(tx);
}

/** A vulnerability under its lock. */
export interface LockedVulnerability {
  id: number;
  source: string;
  vulnId: string;
}

/** Locks a vulnerability that is to be changed; matches that refer to it can still be written. */
export async function lockVulnerability(tx: Tx, uuid: string): Promise<LockedVulnerability | undefined> {
  const { rows } = await sql<LockedVulnerability>`/* vulnerabilities.lock */
    select id, source, vuln_id as "vulnId" from vulnerability where uuid = ${uuid} for no key update`.execute(tx);
  return rows[0];
}

/** Locks a vulnerability that is to be deleted: nothing can come to refer to it any more. */
export async function lockVulnerabilityForDeletion(tx: Tx, uuid: string): Promise<LockedVulnerability | undefined> {
  const { rows } = await sql<LockedVulnerability>`/* vulnerabilities.lockForDeletion */
    select id, source, vuln_id as "vulnId" from vulnerability where uuid = ${uuid} for update`.execute(tx);
  return rows[0];
}

/** Deletes a vulnerability with what it affects and whatever refers to it. */
export async function deleteVulnerability(tx: Tx, id: number): Promise<void> {
  await sql`/* vulnerabilities.delete */ delete from vulnerability where id = ${id}`.execute(tx);
}
