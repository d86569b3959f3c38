import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/** Marks every project that has one of the identities, but for one. */
export async function markProjectsOfIdentities(
  tx: Tx,
  identityIds: readonly number[],
  exceptProjectId = -1,
): Promise<void> {
  await sql`/* metrics.markProjects */
    insert into metrics_dirty_project (project_id)
    select distinct project_id from component
    where identity_id = any(${[...identityIds]}::int[]) and project_id <> ${exceptProjectId} order by project_id
    on conflict do nothing`.execute(tx);
}

/** Takes marks away and returns whose they were; those another transaction takes are left to it. */
export async function takeMarks(tx: Tx, limit: number): Promise<number[]> {
  const { rows } = await sql<{ project_id: number }>`/* metrics.takeMarks */
    delete from metrics_dirty_project where project_id in
      (select project_id from metrics_dirty_project order by marked_at, project_id limit ${limit} for update skip locked)
    returning project_id`.execute(tx);
  return rows.map(({ project_id }) => project_id);
}
