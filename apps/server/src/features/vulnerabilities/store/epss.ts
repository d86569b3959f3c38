import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { EpssRow } from "../rules/epss-lines.ts";

/** What writing scores changed. */
export interface EpssChanges {
  new: number;
  updated: number;
}

/**
 * Writes scores, in the order of their CVEs. Rows that say the same already are sorted out before the insert: its conflict would
 * lock them, and a lock is a write. A CVE must not occur twice.
 */
export async function writeEpssScores(tx: Tx, rows: readonly EpssRow[]): Promise<EpssChanges> {
  const { rows: counts } = await sql<EpssChanges>`/* vulnerabilities.writeEpss */
    with said as (
      select * from unnest(${rows.map(({ cve }) => cve)}::text[], ${rows.map(({ score }) => score)}::real[],
        ${rows.map(({ percentile }) => percentile)}::real[]) as s(cve, score, percentile)),
    written as (
      insert into epss_score (cve, score, percentile)
      select s.cve, s.score, s.percentile from said s left join epss_score e on e.cve = s.cve
      where e.cve is null or (e.score, e.percentile) is distinct from (s.score, s.percentile)
      order by s.cve
      on conflict (cve) do update set score = excluded.score, percentile = excluded.percentile
      returning (xmax = 0) as inserted)
    select count(*) filter (where inserted) as new, count(*) filter (where not inserted) as updated from written`.execute(
    tx,
  );
  return counts[0] ?? { new: 0, updated: 0 };
}

/** Removes the scores of all other CVEs; returns how many. */
export async function removeOtherEpssScores(tx: Tx, cves: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`/* vulnerabilities.removeOtherEpss */
    with gone as (
      delete from epss_score e
      where not exists (select 1 from unnest(${[...cves]}::text[]) as s(cve) where s.cve = e.cve) returning 1)
    select count(*) as count from gone`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** How many CVEs have a score. */
export async function countEpssScores(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`/* vulnerabilities.countEpss */
    select count(*) as count from epss_score`.execute(db);
  return rows[0]?.count ?? 0;
}
