import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { MatchableIdentity } from "../rules/affected-identities.ts";

/** An identity with what matching reads of it; without a package and a CPE nothing can match it. */
export type LockedIdentity = Omit<MatchableIdentity, "packageKey"> & { packageKey: string | null; cpe: string | null };

/**
 * Locks identities for matching, in id order, and returns those that exist; see the README. The key share on the identity
 * keeps orphan removal away, which locks identity and state in that order too.
 */
export async function lockIdentities(tx: Tx, identityIds: readonly number[]): Promise<LockedIdentity[]> {
  await sql`/* findings.lockIdentities */
    insert into identity_match_state as s (identity_id, matched_at)
    select id, now() from component_identity where id = any(${[...identityIds]}::int[]) order by id for key share
    on conflict (identity_id) do update set matched_at = excluded.matched_at`.execute(tx);
  const { rows } = await sql<LockedIdentity>`/* findings.readIdentities */
    select id as "identityId", package_key as "packageKey", purl, version, cpe
    from component_identity where id = any(${[...identityIds]}::int[]) order by package_key, id`.execute(tx);
  return rows;
}

/** A match with the copies of its vulnerability's columns that lists sort by. */
export interface MatchRow {
  vulnerabilityId: number;
  identityId: number;
  severity: number;
  cvss: number;
  epss: number;
  published: Date;
}

/** An array as PostgreSQL writes it. The driver would escape element by element, which blocks for 100,000 numbers. */
function arrayText(values: readonly (number | Date)[]): string {
  return `{${values.map((value) => (typeof value === "number" ? value : value.toISOString())).join(",")}}`;
}

/** Inserts missing matches, refreshes copied sort keys and notes who found them; returns the inserted ones. */
export async function upsertMatches(
  tx: Tx,
  rows: readonly MatchRow[],
): Promise<{ vulnerabilityId: number; identityId: number }[]> {
  const column = (name: keyof MatchRow) => arrayText(rows.map((row) => row[name]));
  const { rows: written } = await sql<{
    vulnerabilityId: number;
    identityId: number;
    inserted: boolean;
  }>`/* findings.upsertMatches */
    insert into vulnerability_match as m (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
    select v, i, s, c, e, p, '{internal}'
    from unnest(${column("vulnerabilityId")}::int[], ${column("identityId")}::int[], ${column("severity")}::smallint[],
      ${column("cvss")}::real[], ${column("epss")}::real[], ${column("published")}::timestamptz[]) as x(v, i, s, c, e, p)
    order by v, i
    on conflict (vulnerability_id, identity_id) do update
      set severity = excluded.severity, cvss = excluded.cvss, epss = excluded.epss, published = excluded.published,
        analyzers = case when 'internal' = any(m.analyzers) then m.analyzers else array_prepend('internal', m.analyzers) end
      where (m.severity, m.cvss, m.epss, m.published) is distinct from (excluded.severity, excluded.cvss, excluded.epss, excluded.published)
        or 'internal' <> all(m.analyzers)
    returning vulnerability_id as "vulnerabilityId", identity_id as "identityId", (xmax = 0) as inserted`.execute(tx);
  return written.flatMap(({ inserted, ...match }) => (inserted ? [match] : []));
}

/**
 * Removes matches of these identities other than the given ones and returns the removed ones; those that another analyzer reports
 * stay as reported by that one alone.
 */
export async function removeOtherMatches(
  tx: Tx,
  identityIds: readonly number[],
  kept: readonly { vulnerabilityId: number; identityId: number }[],
): Promise<{ vulnerabilityId: number; identityId: number }[]> {
  const { rows } = await sql<{ vulnerabilityId: number; identityId: number }>`/* findings.removeOtherMatches */
    with kept as materialized (
      select v, i from unnest(${arrayText(kept.map(({ vulnerabilityId }) => vulnerabilityId))}::int[],
        ${arrayText(kept.map(({ identityId }) => identityId))}::int[]) as k(v, i)),
    left_to_others as (
      update vulnerability_match m set analyzers = array_remove(m.analyzers, 'internal')
      where m.identity_id = any(${[...identityIds]}::int[]) and m.analyzers <> '{internal}' and 'internal' = any(m.analyzers)
        and not exists (select 1 from kept k where k.v = m.vulnerability_id and k.i = m.identity_id))
    delete from vulnerability_match m
    where m.identity_id = any(${[...identityIds]}::int[]) and m.analyzers = '{internal}'
      and not exists (select 1 from kept k where k.v = m.vulnerability_id and k.i = m.identity_id)
    returning vulnerability_id as "vulnerabilityId", identity_id as "identityId"`.execute(tx);
  return rows;
}

/** Identities of a project after `afterId`, ascending: all of them, or those never matched. */
export async function identitiesOfProject(
  db: Db,
  page: { projectId: number; afterId: number; unmatchedOnly: boolean; limit: number },
): Promise<number[]> {
  const unmatched = page.unmatchedOnly
    ? sql`and not exists (select 1 from identity_match_state s where s.identity_id = c.identity_id)`
    : sql``;
  const { rows } = await sql<{ id: number }>`/* findings.identitiesOfProject */
    select c.identity_id as id from component c
    where c.project_id = ${page.projectId} and c.identity_id > ${page.afterId} ${unmatched}
    order by c.identity_id limit ${page.limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** What advisories name: packages, and products of CPE names (`cpeProductKey`). */
export interface NamedByAdvisories {
  packageKeys: readonly string[];
  cpeProducts: readonly string[];
}

/** A record for any product concerns every identity that has a CPE. */
function hasProduct(cpeProducts: readonly string[]) {
  return cpeProducts.includes("*")
    ? sql`cpe is not null`
    : sql`cpe is not null and cpe_product_key(cpe) = any(${[...cpeProducts]}::text[])`;
}

/** Identities that may be of the packages or products, after `afterId`, ascending. */
export async function identitiesNamed(
  db: Db,
  { packageKeys, cpeProducts, afterId, limit }: NamedByAdvisories & { afterId: number; limit: number },
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* findings.identitiesNamed */
    select id from (
      (select id from component_identity
        where package_key = any(${[...packageKeys]}::text[]) and id > ${afterId} order by id limit ${limit})
      union
      (select id from component_identity where ${hasProduct(cpeProducts)} and id > ${afterId} order by id limit ${limit})
    ) named order by id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Whether any identity may be of one of the packages or products. */
export async function anyIdentityNamed(db: Db, { packageKeys, cpeProducts }: NamedByAdvisories): Promise<boolean> {
  const { rows } = await sql`/* findings.anyIdentityNamed */
    (select 1 from component_identity where package_key = any(${[...packageKeys]}::text[]) limit 1)
    union all
    (select 1 from component_identity where ${hasProduct(cpeProducts)} limit 1)
    limit 1`.execute(db);
  return rows.length > 0;
}

/** Identities that are in a project or were matched once, after `afterId`, ascending. */
export async function identitiesAfter(db: Db, afterId: number, limit: number): Promise<LockedIdentity[]> {
  const { rows } = await sql<LockedIdentity>`/* findings.identitiesAfter */
    select i.id as "identityId", i.package_key as "packageKey", i.purl, i.version, i.cpe from component_identity i
    where i.id > ${afterId} and (exists (select 1 from component c where c.identity_id = i.id)
      or exists (select 1 from identity_match_state s where s.identity_id = i.id))
    order by i.id limit ${limit}`.execute(db);
  return rows;
}

/** Those of the identities that are there, ascending. */
export async function identitiesOfIds(db: Db, identityIds: readonly number[]): Promise<LockedIdentity[]> {
  const { rows } = await sql<LockedIdentity>`/* findings.identitiesOfIds */
    select id as "identityId", package_key as "packageKey", purl, version, cpe from component_identity
    where id = any(${[...identityIds]}::int[]) order by id`.execute(db);
  return rows;
}

/** How people call what a match is between: purl, CPE or name and version; source and id of the vulnerability. In the order asked. */
export async function namesOfMatches(
  db: Db,
  matches: readonly { identityId: number; vulnerabilityId: number }[],
): Promise<{ component: string; vulnerability: string }[]> {
  const { rows } = await sql<{ component: string; vulnerability: string }>`/* findings.namesOfMatches */
    select coalesce(i.purl, i.cpe, concat_ws(' ', i.name, i.version), '#' || w.i) as component,
      coalesce(v.source || '/' || v.vuln_id, '#' || w.v) as vulnerability
    from unnest(${matches.map(({ identityId }) => identityId)}::int[],
        ${matches.map(({ vulnerabilityId }) => vulnerabilityId)}::int[]) with ordinality as w(i, v, n)
      left join component_identity i on i.id = w.i left join vulnerability v on v.id = w.v
    order by w.n`.execute(db);
  return rows;
}

/** What the internal analyzer has found for these identities. */
export async function matchesOfIdentities(db: Db, identityIds: readonly number[]): Promise<MatchRow[]> {
  const { rows } = await sql<MatchRow>`/* findings.matchesOfIdentities */
    select vulnerability_id as "vulnerabilityId", identity_id as "identityId", severity, cvss, epss, published
    from vulnerability_match where identity_id = any(${[...identityIds]}::int[]) and 'internal' = any(analyzers)`.execute(
    db,
  );
  return rows;
}

/** Whether any project has a component that a vulnerability affects. */
export async function isFound(db: Db, vulnerabilityId: number): Promise<boolean> {
  const { rows } = await sql`/* findings.isFound */
    select 1 from vulnerability_match m join component c on c.identity_id = m.identity_id
    where m.vulnerability_id = ${vulnerabilityId} limit 1`.execute(db);
  return rows.length > 0;
}
