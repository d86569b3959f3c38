import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { Match } from "../rules/affected-identities.ts";

/** An identity of a project as external analyzers are asked about it. */
export interface AskableIdentity {
  identityId: number;
  purl: string | null;
  /** Properties of the component that Trivy wrote, by the names that follow `aquasecurity:trivy:`; null where there are none. */
  trivy: Readonly<Record<string, string>> | null;
  /** The project's own: nobody outside may hear of it. */
  isInternal: boolean;
  /** It is nobody's else either, so that nothing reported of it may stay. */
  isInternalEverywhere: boolean;
}

/** Of names of properties, whose group is `aquasecurity`. */
const TRIVY = "trivy:";

/** Identities of a project after `afterId`, ascending. */
export async function askableIdentities(
  db: Db,
  { projectId, afterId, limit }: { projectId: number; afterId: number; limit: number },
): Promise<AskableIdentity[]> {
  const { rows } = await sql<AskableIdentity>`/* findings.askableIdentities */
    select i.id as "identityId", i.purl, c.is_internal as "isInternal",
      (select jsonb_object_agg(substr(p->>'name', ${TRIVY.length + 1}), p->>'value')
        from jsonb_array_elements(d.content->'properties') p
        where p->>'group' = 'aquasecurity' and starts_with(p->>'name', ${TRIVY}) and p->>'value' is not null) as trivy,
      c.is_internal and not exists (
        select 1 from component o where o.identity_id = c.identity_id and not o.is_internal) as "isInternalEverywhere"
    from component c join component_identity i on i.id = c.identity_id
      left join component_detail d on d.id = c.detail_id
    where c.project_id = ${projectId} and c.identity_id > ${afterId} order by c.identity_id limit ${limit}`.execute(db);
  return rows;
}

/** External analyzers that something of the project is reported by, ascending. */
export async function reportingAnalyzers(db: Db, projectId: number): Promise<string[]> {
  const { rows } = await sql<{ analyzer: string }>`/* findings.reportingAnalyzers */
    select distinct r.analyzer from component c join analyzer_report r on r.identity_id = c.identity_id
    where c.project_id = ${projectId} order by 1`.execute(db);
  return rows.map(({ analyzer }) => analyzer);
}

/**
 * Locks identities that were matched before, in id order, and returns them: the lock under which matching writes, too. One that
 * was never matched is left to its own analysis; a state row made here would say that it was.
 */
export async function lockMatchedIdentities(tx: Tx, identityIds: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* findings.lockMatchedIdentities */
    select identity_id as id from identity_match_state where identity_id = any(${[...identityIds]}::int[])
    order by identity_id for update`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Notes as of when an analyzer answered; returns the identities of which no younger answer is noted. */
export async function noteAnswers(
  tx: Tx,
  analyzer: string,
  answers: readonly { identityId: number; asOf: Date }[],
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* findings.noteAnswers */
    insert into analyzer_answer as a (identity_id, analyzer, as_of)
    select i, ${analyzer}, t from unnest(${answers.map(({ identityId }) => identityId)}::int[],
      ${answers.map(({ asOf }) => asOf.toISOString())}::timestamptz[]) as x(i, t) order by i
    on conflict (identity_id, analyzer) do update set as_of = excluded.as_of where a.as_of <= excluded.as_of
    returning identity_id as id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** One vulnerability that an analyzer reports of an identity. */
export interface Report extends Match {
  referenceUrl: string | null;
}

/** Adds reports that are missing; the time an older one was first seen stays. */
export async function upsertReports(tx: Tx, analyzer: string, reports: readonly Report[]): Promise<void> {
  await sql`/* findings.upsertReports */
    insert into analyzer_report as r (identity_id, analyzer, vulnerability_id, reference_url)
    select x."identityId", ${analyzer}, x."vulnerabilityId", x."referenceUrl"
    from jsonb_to_recordset(${JSON.stringify(reports)}::jsonb) as x("identityId" int, "vulnerabilityId" int, "referenceUrl" text)
    order by 1, 3
    on conflict (identity_id, analyzer, vulnerability_id) do update set reference_url = excluded.reference_url
    where r.reference_url is distinct from excluded.reference_url`.execute(tx);
}

/** Removes what an analyzer reported of these identities other than `kept`. */
export async function removeOtherReports(
  tx: Tx,
  analyzer: string,
  identityIds: readonly number[],
  kept: readonly Match[],
): Promise<Match[]> {
  const { rows } = await sql<Match>`/* findings.removeOtherReports */
    delete from analyzer_report r
    where r.analyzer = ${analyzer} and r.identity_id = any(${[...identityIds]}::int[]) and not exists (
      select 1 from unnest(${kept.map(({ vulnerabilityId }) => vulnerabilityId)}::int[],
        ${kept.map(({ identityId }) => identityId)}::int[]) as k(v, i)
      where k.v = r.vulnerability_id and k.i = r.identity_id)
    returning vulnerability_id as "vulnerabilityId", identity_id as "identityId"`.execute(tx);
  return rows;
}

/** Inserts missing matches with what lists sort by, adds the analyzer to those there are; returns the inserted ones. */
export async function addAnalyzer(tx: Tx, analyzer: string, matches: readonly Match[]): Promise<Match[]> {
  const { rows } = await sql<Match & { inserted: boolean }>`/* findings.addAnalyzer */
    insert into vulnerability_match as m (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
    select v.id, x.i, v.severity, v.cvss, v.epss, coalesce(v.published, 'epoch'), array[${analyzer}::text]
    from unnest(${matches.map(({ vulnerabilityId }) => vulnerabilityId)}::int[],
      ${matches.map(({ identityId }) => identityId)}::int[]) as x(v, i) join vulnerability v on v.id = x.v
    order by 1, 2
    on conflict (vulnerability_id, identity_id) do update
      set severity = excluded.severity, cvss = excluded.cvss, epss = excluded.epss, published = excluded.published,
        analyzers = case when ${analyzer} = any(m.analyzers) then m.analyzers
          else array_append(m.analyzers, ${analyzer}::text) end
      where (m.severity, m.cvss, m.epss, m.published) is distinct from (excluded.severity, excluded.cvss, excluded.epss, excluded.published)
        or ${analyzer} <> all(m.analyzers)
    returning vulnerability_id as "vulnerabilityId", identity_id as "identityId", (xmax = 0) as inserted`.execute(tx);
  return rows.flatMap(({ inserted, ...match }) => (inserted ? [match] : []));
}

/** Takes an analyzer off matches; returns those nobody else reports, which are removed. */
export async function dropAnalyzer(tx: Tx, analyzer: string, matches: readonly Match[]): Promise<Match[]> {
  const { rows } = await sql<Match>`/* findings.dropAnalyzer */
    with gone as materialized (
      select v, i from unnest(${matches.map(({ vulnerabilityId }) => vulnerabilityId)}::int[],
        ${matches.map(({ identityId }) => identityId)}::int[]) as x(v, i)),
    left_to_others as (
      update vulnerability_match m set analyzers = array_remove(m.analyzers, ${analyzer}::text) from gone g
      where m.vulnerability_id = g.v and m.identity_id = g.i and m.analyzers <> array[${analyzer}::text]
        and ${analyzer} = any(m.analyzers))
    delete from vulnerability_match m using gone g
    where m.vulnerability_id = g.v and m.identity_id = g.i and m.analyzers = array[${analyzer}::text]
    returning m.vulnerability_id as "vulnerabilityId", m.identity_id as "identityId"`.execute(tx);
  return rows;
}

/** Where analyzers tell of these findings, by identity, vulnerability and the first analyzer; those that do not say are left out. */
export async function referenceUrls(
  db: Db,
  findings: readonly (Match & { analyzers: readonly string[] })[],
): Promise<Map<string, string>> {
  if (findings.length === 0) return new Map();
  const { rows } = await sql<{ key: string; url: string }>`/* findings.referenceUrls */
    select r.identity_id || ' ' || r.vulnerability_id || ' ' || r.analyzer as key, r.reference_url as url
    from unnest(${findings.map(({ identityId }) => identityId)}::int[], ${findings.map(({ analyzers }) => analyzers[0] ?? "")}::text[],
        ${findings.map(({ vulnerabilityId }) => vulnerabilityId)}::int[]) as f(i, a, v)
      join analyzer_report r on r.identity_id = f.i and r.analyzer = f.a and r.vulnerability_id = f.v
    where r.reference_url is not null`.execute(db);
  return new Map(rows.map(({ key, url }) => [key, url]));
}
