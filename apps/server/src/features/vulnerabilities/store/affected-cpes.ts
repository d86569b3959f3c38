import type { CpeRange } from "@evertrack/matching";
import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { affectedCpeRows } from "../rules/nvd-rows.ts";

/** Products the vulnerabilities affect by CPE as stored, each key once. */
export async function affectedCpeProducts(tx: Tx, vulnerabilityIds: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ product_key: string }>`/* vulnerabilities.affectedCpeProducts */
    select distinct product_key from vulnerability_affected_cpe
    where vulnerability_id = any(${[...vulnerabilityIds]}::int[])`.execute(tx);
  return rows.map((row) => row.product_key);
}

/** Writes what the vulnerabilities affect by CPE, row by row in place of the row with the same ordinal. */
export async function writeAffectedCpes(
  tx: Tx,
  affected: readonly ReturnType<typeof affectedCpeRows>[number][],
): Promise<void> {
  if (affected.length === 0) return;
  await sql`/* vulnerabilities.writeAffectedCpes */
    insert into vulnerability_affected_cpe as a (vulnerability_id, ordinal, product_key, vendor, version, cpe,
      start_including, start_excluding, end_including, end_excluding)
    select i.vulnerability_id, i.ordinal, i.product_key, i.vendor, i.version, i.cpe, i.start_including,
      i.start_excluding, i.end_including, i.end_excluding
    from jsonb_to_recordset(${JSON.stringify(affected)}::jsonb) as i(vulnerability_id int, ordinal int,
      product_key text, vendor text, version text, cpe text, start_including text, start_excluding text,
      end_including text, end_excluding text)
    order by i.vulnerability_id, i.ordinal
    on conflict (vulnerability_id, ordinal) do update set product_key = excluded.product_key, vendor = excluded.vendor,
      version = excluded.version, cpe = excluded.cpe, start_including = excluded.start_including,
      start_excluding = excluded.start_excluding, end_including = excluded.end_including,
      end_excluding = excluded.end_excluding
    where (a.cpe, a.start_including, a.start_excluding, a.end_including, a.end_excluding) is distinct from
      (excluded.cpe, excluded.start_including, excluded.start_excluding, excluded.end_including,
        excluded.end_excluding)`.execute(tx);
}

/** Removes rows from the given ordinal on: what a vulnerability does not affect any more. */
export async function trimAffectedCpes(tx: Tx, counts: readonly { id: number; affected: number }[]): Promise<void> {
  await sql`/* vulnerabilities.trimAffectedCpes */
    delete from vulnerability_affected_cpe a
    using unnest(${counts.map(({ id }) => id)}::int[], ${counts.map(({ affected }) => affected)}::int[]) as i(id, affected)
    where a.vulnerability_id = i.id and a.ordinal >= i.affected`.execute(tx);
}

/** One CPE name a vulnerability affects, with what lists of findings are sorted by. */
export interface AffectingCpe {
  vulnerabilityId: number;
  productKey: string;
  /** In lower case. */
  vendor: string;
  cpe: string;
  range: CpeRange;
  /** 0 UNASSIGNED to 5 CRITICAL. */
  severity: number;
  /** -1 when there is none. */
  cvss: number;
  /** -1 when there is none. */
  epss: number;
  published: Date | null;
}

/** A product somebody has, and the version in lower case; null for any. */
export interface CpeProductVersion {
  productKey: string;
  version: string | null;
}

/**
 * CPE names that may mean one of the products: every one that does is among them, others with the same key too. Names of one
 * version come only where somebody has that version. Rejected vulnerabilities are left out. Ordered by product and id. Only what one
 * vulnerability says where that is given.
 */
export async function advisoriesForCpeProducts(
  db: Db,
  products: readonly CpeProductVersion[],
  vulnerabilityId?: number,
): Promise<AffectingCpe[]> {
  const only = vulnerabilityId === undefined ? sql`` : sql`and a.vulnerability_id = ${vulnerabilityId}`;
  const { rows } = await sql<AffectingCpe>`/* vulnerabilities.forCpeProducts */
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(products)}::jsonb) as w("productKey" text, version text)
    ), named as (
      select distinct a.vulnerability_id, a.ordinal from wanted w
      join vulnerability_affected_cpe a on a.product_key in (w."productKey", '*')
        and (a.version is null or w.version is null or a.version = w.version) ${only}
    )
    select a.vulnerability_id as "vulnerabilityId", a.product_key as "productKey", a.vendor, a.cpe,
      jsonb_strip_nulls(jsonb_build_object('startIncluding', a.start_including, 'startExcluding', a.start_excluding,
        'endIncluding', a.end_including, 'endExcluding', a.end_excluding)) as range,
      v.severity, v.cvss, v.epss, v.published
    from named n
    join vulnerability_affected_cpe a on a.vulnerability_id = n.vulnerability_id and a.ordinal = n.ordinal
    join vulnerability v on v.id = a.vulnerability_id
    where v.rejected is null
    order by a.product_key, a.vulnerability_id, a.ordinal`.execute(db);
  return rows;
}

/** What a vulnerability affects by CPE, in the advisory's order, at most `limit` names. */
export async function affectedCpes(
  db: Db,
  vulnerabilityId: number,
  limit: number,
): Promise<Pick<AffectingCpe, "cpe" | "range">[]> {
  const { rows } = await sql<Pick<AffectingCpe, "cpe" | "range">>`/* vulnerabilities.affectedCpes */
    select cpe, jsonb_strip_nulls(jsonb_build_object('startIncluding', start_including, 'startExcluding',
      start_excluding, 'endIncluding', end_including, 'endExcluding', end_excluding)) as range
    from vulnerability_affected_cpe where vulnerability_id = ${vulnerabilityId} order by ordinal limit ${limit}`.execute(
    db,
  );
  return rows;
}
