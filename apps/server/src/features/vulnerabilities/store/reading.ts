import type { Scheme, VersionRange } from "@evertrack/matching";
import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { epssOfVulnerability, isKnownExploited } from "./exploitation.ts";

/** One package a vulnerability affects, with what lists of findings are sorted by. */
export interface AffectingAdvisory {
  vulnerabilityId: number;
  source: string;
  vulnId: string;
  packageKey: string;
  scheme: Scheme;
  ecosystem: string;
  /** Release of a distribution, as a purl's `distro` qualifier names it. */
  distro: string | null;
  affected: { versions: string[]; ranges: VersionRange[]; patched: string[] };
  /** 0 UNASSIGNED to 5 CRITICAL. */
  severity: number;
  /** -1 when there is none. */
  cvss: number;
  /** -1 when there is none. */
  epss: number;
  published: Date | null;
  rejected: Date | null;
}

/**
 * Everything known to affect one of the packages, rejected vulnerabilities included; ordered by package and id. Only what one
 * vulnerability says where that is given.
 */
export async function advisoriesForPackageKeys(
  db: Db,
  packageKeys: readonly string[],
  vulnerabilityId?: number,
): Promise<AffectingAdvisory[]> {
  const only = vulnerabilityId === undefined ? sql`` : sql`and a.vulnerability_id = ${vulnerabilityId}`;
  const { rows } = await sql<AffectingAdvisory>`/* vulnerabilities.forPackageKeys */
    select a.vulnerability_id as "vulnerabilityId", v.source, v.vuln_id as "vulnId", a.package_key as "packageKey",
      a.scheme, a.ecosystem, a.distro, a.affected, v.severity, v.cvss, v.epss, v.published, v.rejected
    from vulnerability_affected a join vulnerability v on v.id = a.vulnerability_id
    where a.package_key = any(${[...packageKeys]}::text[]) ${only}
    order by a.package_key, a.vulnerability_id, a.ordinal`.execute(db);
  return rows;
}

/** A vulnerability with everything the API shows of it. */
export interface VulnerabilityDetails {
  id: number;
  uuid: string;
  source: string;
  vulnId: string;
  title: string | null;
  subTitle: string | null;
  description: string | null;
  detail: string | null;
  recommendation: string | null;
  references: string[];
  /** Written by hand, instead of `references`. */
  referencesText: string | null;
  credits: string[];
  cwes: number[];
  severity: number;
  /** EPSS, from 0 to 1, by this or another name; null when there is none. */
  epssScore: number | null;
  epssPercentile: number | null;
  cvssV2Vector: string | null;
  cvssV2Score: number | null;
  cvssV3Vector: string | null;
  cvssV3Score: number | null;
  cvssV4Vector: string | null;
  cvssV4Score: number | null;
  owaspVector: string | null;
  owaspLikelihood: number | null;
  owaspTechnicalImpact: number | null;
  owaspBusinessImpact: number | null;
  published: Date | null;
  updated: Date | null;
  created: Date;
  rejected: Date | null;
  /** It, or another of its names, is listed as exploited. */
  isKev: boolean;
  /** Group of the names that stand for the same vulnerability; null when it has but one. */
  aliasGroup: string | null;
  /** The other names of the group, by id. */
  aliases: { source: string; vulnId: string }[];
  /** Names, in order. */
  tags: string[];
}

const details = sql`
  select v.id, v.uuid, v.source, v.vuln_id as "vulnId", v.title, v.description, v.detail, v.recommendation,
    coalesce(v.reference_links, '[]') as references, coalesce(v.credits, '[]') as credits, v.cwes, v.severity,
    e.score as "epssScore", e.percentile as "epssPercentile",
    v.cvss_v2_vector as "cvssV2Vector", v.cvss_v2_score as "cvssV2Score", v.cvss_v3_vector as "cvssV3Vector",
    v.cvss_v3_score as "cvssV3Score", v.cvss_v4_vector as "cvssV4Vector", v.cvss_v4_score as "cvssV4Score",
    v.sub_title as "subTitle", v.references_text as "referencesText", v.owasp_vector as "owaspVector",
    v.owasp_likelihood as "owaspLikelihood", v.owasp_technical_impact as "owaspTechnicalImpact",
    v.owasp_business_impact as "owaspBusinessImpact",
    v.published, v.updated, v.created, v.rejected, ${isKnownExploited} as "isKev",
    g.group_id as "aliasGroup", coalesce(o.aliases, '[]') as aliases,
    array(select t.name from vulnerability_tag vt join tag t on t.id = vt.tag_id
      where vt.vulnerability_id = v.id order by t.name) as tags
  from vulnerability v
  left join vulnerability_alias g on g.vuln_id = v.vuln_id and g.source = v.source
  left join ${epssOfVulnerability} e on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('source', m.source, 'vulnId', m.vuln_id) order by m.vuln_id, m.source) as aliases
    from vulnerability_alias m
    where m.group_id = g.group_id and (m.vuln_id, m.source) <> (v.vuln_id, v.source)) o on true`;

/** Details of vulnerabilities, in no particular order. */
export async function vulnerabilityDetails(db: Db, ids: readonly number[]): Promise<VulnerabilityDetails[]> {
  const { rows } = await sql<VulnerabilityDetails>`/* vulnerabilities.details */
    ${details} where v.id = any(${[...ids]}::int[])`.execute(db);
  return rows;
}

/** By source and id, the way people name it. */
export async function findVulnerability(
  db: Db,
  source: string,
  vulnId: string,
): Promise<VulnerabilityDetails | undefined> {
  const { rows } = await sql<VulnerabilityDetails>`/* vulnerabilities.find */
    ${details} where v.vuln_id = ${vulnId} and v.source = ${source}`.execute(db);
  return rows[0];
}

export async function findVulnerabilityByUuid(db: Db, uuid: string): Promise<VulnerabilityDetails | undefined> {
  const { rows } = await sql<VulnerabilityDetails>`/* vulnerabilities.findByUuid */
    ${details} where v.uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** Columns the list may be sorted by; each of them is indexed or the table is small enough to sort. */
export type SortColumn = "vuln_id" | "severity" | "published" | "title";

interface ListPage {
  offset: number;
  limit: number;
  sort: SortColumn;
  descending: boolean;
  searchText: string | undefined;
}

/** One page of all vulnerabilities, and how many there are. Searches in ids and titles, ignoring case. */
export async function listVulnerabilities(
  db: Db,
  { offset, limit, sort, descending, searchText }: ListPage,
): Promise<{ total: number; rows: VulnerabilityDetails[] }> {
  const pattern = searchText === undefined ? null : `%${searchText.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const direction = sql.raw(descending ? "desc" : "asc");
  const matching = sql`where (${pattern}::text is null or v.vuln_id ilike ${pattern} or v.title ilike ${pattern})`;
  const { rows: totals } = await sql<{ total: number }>`/* vulnerabilities.count */
    select count(*) as total from vulnerability v ${matching}`.execute(db);
  const { rows } = await sql<VulnerabilityDetails>`/* vulnerabilities.list */
    ${details} join (
      select v.id as page_id from vulnerability v ${matching}
      order by v.${sql.raw(sort)} ${direction} nulls last, v.id ${direction} limit ${limit} offset ${offset}) p
      on p.page_id = v.id
    order by v.${sql.raw(sort)} ${direction} nulls last, v.id ${direction}`.execute(db);
  return { total: totals[0]?.total ?? 0, rows };
}

/** What a vulnerability affects, in the advisory's order, at most `limit` packages. */
export async function affectedPackages(db: Db, vulnerabilityId: number, limit: number) {
  const { rows } = await sql<
    Pick<AffectingAdvisory, "packageKey" | "affected"> & { purl: string | null }
  >`/* vulnerabilities.affectedPackages */
    select package_key as "packageKey", purl, affected from vulnerability_affected
    where vulnerability_id = ${vulnerabilityId} order by ordinal limit ${limit}`.execute(db);
  return rows;
}
