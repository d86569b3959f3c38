import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/**
 * Removes snapshots of the next `limit` projects from before the kept days, at most `limit` rows; each project's last one of
 * that time stays. Gives the project to go on behind, null when there are no further ones. Days are UTC by the database's clock.
 */
export async function removeSupersededSnapshots(
  tx: Tx,
  { retentionDays, afterProjectId, limit }: { retentionDays: number; afterProjectId: number; limit: number },
): Promise<{ removed: number; lastProjectId: number | null }> {
  const { rows } = await sql<{ removed: number; last_project_id: number | null }>`/* metrics.removeSuperseded */
    with kept as (select (now() at time zone 'UTC')::date - ${retentionDays}::int as first_day),
    page as (select id from project where id > ${afterProjectId} order by id limit ${limit}),
    superseded as materialized (
      select m.project_id, m.day from kept cross join page p cross join lateral (
        select project_id, day from project_metrics where project_id = p.id and day <
          (select max(day) from project_metrics where project_id = p.id and day <= first_day)
        order by day limit ${limit}) m
      order by 1, 2 limit ${limit}),
    removed as (
      delete from project_metrics m using superseded s where m.project_id = s.project_id and m.day = s.day
      returning m.project_id)
    select (select count(*) from removed)::int as removed,
      case when (select count(*) from superseded) = ${limit} then (select max(project_id) - 1 from superseded)
        else (select max(id) from page) end as last_project_id`.execute(tx);
  const [row] = rows;
  return { removed: row?.removed ?? 0, lastProjectId: row?.last_project_id ?? null };
}
