import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { affectedRows, vulnerabilityRow } from "../rules/advisory-rows.ts";

/** A vulnerability whose row was written. */
export interface WrittenVulnerability {
  id: number;
  source: string;
  vuln_id: string;
  inserted: boolean;
}

/**
 * Writes advisories that differ from what is stored and returns those. Left alone: equal content, internal
 * vulnerabilities, stored ones of `ownedSources`, and a newer state when the ecosystem lists the advisory for the first time (a stored time in the future
 * counts as wrong). Rows are locked in the order of id and source.
 */
export async function upsertVulnerabilities(
  tx: Tx,
  advisories: readonly ReturnType<typeof vulnerabilityRow>[],
  ownedSources: readonly string[] = [],
): Promise<WrittenVulnerability[]> {
  const { rows } = await sql<WrittenVulnerability>`/* vulnerabilities.upsert */
    insert into vulnerability (source, vuln_id, title, description, reference_links, credits, cwes, severity, cvss,
      cvss_v2_vector, cvss_v2_score, cvss_v3_vector, cvss_v3_score, cvss_v4_vector, cvss_v4_score,
      published, updated, rejected, digest)
    select i.source, i.vuln_id, i.title, i.description, i.reference_links, i.credits, i.cwes, i.severity, i.cvss,
      i.cvss_v2_vector, i.cvss_v2_score, i.cvss_v3_vector, i.cvss_v3_score, i.cvss_v4_vector, i.cvss_v4_score,
      i.published, i.updated, i.rejected, decode(i.digest, 'hex')
    from jsonb_to_recordset(${JSON.stringify(advisories)}::jsonb) as i(source text, vuln_id text, title text,
      description text, reference_links jsonb, credits jsonb, cwes int[], severity smallint, cvss real,
      cvss_v2_vector text, cvss_v2_score real, cvss_v3_vector text, cvss_v3_score real, cvss_v4_vector text,
      cvss_v4_score real, published timestamptz, updated timestamptz, rejected timestamptz, digest text, known boolean)
    left join vulnerability v on v.vuln_id = i.vuln_id and v.source = i.source
    where v.id is null or (v.source <> 'INTERNAL' and v.source <> all(${[...ownedSources]}::text[]) and v.digest is distinct from decode(i.digest, 'hex')
      and (i.known or v.digest is null or v.updated is null or v.updated > now() or i.updated is null
        or i.updated >= v.updated))
    order by i.vuln_id, i.source
    on conflict (vuln_id, source) do update set title = excluded.title, description = excluded.description,
      reference_links = excluded.reference_links, credits = excluded.credits, cwes = excluded.cwes,
      severity = excluded.severity, cvss = excluded.cvss, cvss_v2_vector = excluded.cvss_v2_vector,
      cvss_v2_score = excluded.cvss_v2_score, cvss_v3_vector = excluded.cvss_v3_vector,
      cvss_v3_score = excluded.cvss_v3_score, cvss_v4_vector = excluded.cvss_v4_vector,
      cvss_v4_score = excluded.cvss_v4_score, published = excluded.published, updated = excluded.updated,
      rejected = excluded.rejected, digest = excluded.digest
    where vulnerability.source <> all(${[...ownedSources]}::text[])
    returning id, source, vuln_id, (xmax = 0) as inserted`.execute(tx);
  return rows;
}

/** The vulnerabilities of these names that are stored, except those with the given ids; their rows are not locked. */
export async function vulnerabilitiesNamed(
  tx: Tx,
  names: readonly { source: string; vuln_id: string }[],
  exceptIds: readonly number[],
): Promise<WrittenVulnerability[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<WrittenVulnerability>`/* vulnerabilities.named */
    select v.id, v.source, v.vuln_id, false as inserted from vulnerability v
    join jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as i(source text, vuln_id text)
      on v.vuln_id = i.vuln_id and v.source = i.source
    where v.id <> all(${[...exceptIds]}::int[]) order by v.vuln_id, v.source`.execute(tx);
  return rows;
}

/** Packages the vulnerabilities affect as stored, each once. */
export async function affectedPackageKeys(tx: Tx, vulnerabilityIds: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ package_key: string }>`/* vulnerabilities.affectedPackageKeys */
    select distinct package_key from vulnerability_affected
    where vulnerability_id = any(${[...vulnerabilityIds]}::int[])`.execute(tx);
  return rows.map((row) => row.package_key);
}

/** Writes what the vulnerabilities affect, row by row in place of the row with the same ordinal. */
export async function writeAffected(
  tx: Tx,
  affected: readonly ReturnType<typeof affectedRows>[number][],
): Promise<void> {
  if (affected.length === 0) return;
  await sql`/* vulnerabilities.writeAffected */
    insert into vulnerability_affected (vulnerability_id, ordinal, package_key, scheme, ecosystem, purl, distro, affected)
    select i.vulnerability_id, i.ordinal, i.package_key, i.scheme, i.ecosystem, i.purl, i.distro, i.affected
    from jsonb_to_recordset(${JSON.stringify(affected)}::jsonb) as i(vulnerability_id int, ordinal int,
      package_key text, scheme text, ecosystem text, purl text, distro text, affected jsonb)
    order by i.vulnerability_id, i.ordinal
    on conflict (vulnerability_id, ordinal) do update set package_key = excluded.package_key, scheme = excluded.scheme,
      ecosystem = excluded.ecosystem, purl = excluded.purl, distro = excluded.distro,
      affected = excluded.affected`.execute(tx);
}

/** Removes rows from the given ordinal on: what a vulnerability does not affect any more. */
export async function trimAffected(tx: Tx, counts: readonly { id: number; affected: number }[]): Promise<void> {
  await sql`/* vulnerabilities.trimAffected */
    delete from vulnerability_affected a
    using unnest(${counts.map(({ id }) => id)}::int[], ${counts.map(({ affected }) => affected)}::int[]) as i(id, affected)
    where a.vulnerability_id = i.id and a.ordinal >= i.affected`.execute(tx);
}
