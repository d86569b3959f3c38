import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { ReadKevRecord } from "../rules/kev-records.ts";

/** What writing a list changed. */
export interface KevChanges {
  /** Ids of CVEs the asserter had not listed. */
  added: string[];
  updated: number;
}

/** Writes what an asserter says of CVEs, in the order of their ids; what is stored like this already is not touched. */
export async function writeKevAssertions(
  tx: Tx,
  asserter: string,
  records: readonly ReadKevRecord[],
): Promise<KevChanges> {
  const { rows } = await sql<{ vuln_id: string; inserted: boolean }>`/* vulnerabilities.writeKev */
    with said as (
      select "vulnId" as vuln_id, published, "requiredAction" as required_action, "knownRansomware" as known_ransomware,
        description
      from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as i("vulnId" text, published timestamptz,
        "requiredAction" text, "knownRansomware" boolean, description text))
    insert into kev_assertion (vuln_id, source, asserter, published, required_action, known_ransomware, description)
    select s.vuln_id, 'NVD', ${asserter}, s.published, s.required_action, s.known_ransomware, s.description
    from said s left join kev_assertion k on k.vuln_id = s.vuln_id and k.source = 'NVD' and k.asserter = ${asserter}
    where k.vuln_id is null or (k.published, k.required_action, k.known_ransomware, k.description)
      is distinct from (s.published, s.required_action, s.known_ransomware, s.description)
    order by s.vuln_id
    on conflict (vuln_id, source, asserter) do update set published = excluded.published,
      required_action = excluded.required_action, known_ransomware = excluded.known_ransomware,
      description = excluded.description, updated = now()
    returning vuln_id, (xmax = 0) as inserted`.execute(tx);
  const added = rows.filter(({ inserted }) => inserted).map(({ vuln_id }) => vuln_id);
  return { added, updated: rows.length - added.length };
}

/** Takes back what an asserter said of all other CVEs; returns their ids. */
export async function removeOtherKevAssertions(
  tx: Tx,
  asserter: string,
  vulnIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ vuln_id: string }>`/* vulnerabilities.removeOtherKev */
    delete from kev_assertion k
    where k.asserter = ${asserter}
      and not exists (select 1 from unnest(${[...vulnIds]}::text[]) as s(vuln_id) where s.vuln_id = k.vuln_id)
    returning k.vuln_id`.execute(tx);
  return rows.map(({ vuln_id }) => vuln_id);
}

/** Those of the CVEs that no other asserter lists: whether they are known to be exploited is for this one to say. */
export async function listedByNoOther(tx: Tx, asserter: string, vulnIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ vuln_id: string }>`/* vulnerabilities.kevListedByNoOther */
    select s.vuln_id from unnest(${[...vulnIds]}::text[]) as s(vuln_id)
    where not exists (select 1 from kev_assertion k
      where k.vuln_id = s.vuln_id and k.source = 'NVD' and k.asserter <> ${asserter})
    order by s.vuln_id`.execute(tx);
  return rows.map(({ vuln_id }) => vuln_id);
}

/** How many CVEs an asserter lists. */
export async function countKevAssertions(db: Db, asserter: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`/* vulnerabilities.countKev */
    select count(*) as count from kev_assertion where asserter = ${asserter}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** What somebody says of a vulnerability under one of its names. */
export interface KevAssertionRow {
  asserter: string;
  source: string;
  vulnId: string;
  published: Date | null;
  requiredAction: string | null;
  knownRansomware: boolean | null;
  description: string | null;
  created: Date;
  updated: Date;
}

/** What is said of a vulnerability or any of its other names, by asserter and name; at most `limit`. */
export async function kevAssertionsOf(
  db: Db,
  { source, vulnId }: { source: string; vulnId: string },
  limit: number,
): Promise<KevAssertionRow[]> {
  const { rows } = await sql<KevAssertionRow>`/* vulnerabilities.kevAssertions */
    with names as (
      select ${vulnId}::text as vuln_id, ${source}::text as source
      union
      select m.vuln_id, m.source from vulnerability_alias g join vulnerability_alias m on m.group_id = g.group_id
      where g.vuln_id = ${vulnId} and g.source = ${source})
    select k.asserter, k.source, k.vuln_id as "vulnId", k.published, k.required_action as "requiredAction",
      k.known_ransomware as "knownRansomware", k.description, k.created, k.updated
    from names n join kev_assertion k on k.vuln_id = n.vuln_id and k.source = n.source
    order by k.asserter, k.vuln_id, k.source limit ${limit}`.execute(db);
  return rows;
}
