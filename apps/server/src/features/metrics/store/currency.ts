import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** Whether a project was counted today, after its last import, and nothing has changed its numbers since. */
export async function areCountsCurrent(db: Db, projectId: number): Promise<boolean> {
  const { rows } = await sql<{ current: boolean }>`/* metrics.areCountsCurrent */
    select exists (
        select 1 from project_metrics m join project p on p.id = m.project_id
        where m.project_id = ${projectId} and m.day = (now() at time zone 'UTC')::date and m.last_occurrence >= p.last_bom_import)
      and not exists (select 1 from metrics_dirty_project where project_id = ${projectId}) as current`.execute(db);
  return rows[0]?.current === true;
}
