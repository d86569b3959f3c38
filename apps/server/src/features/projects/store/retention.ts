import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** Which inactive projects are kept: for so many days, or so many versions of each name. */
export type Retention = { type: "AGE"; days: number } | { type: "VERSIONS"; kept: number };

/** Whether project `p` is inactive and beyond what is kept. Of a name's versions those stay that became inactive last. */
function beyond(retention: Retention) {
  if (retention.type === "AGE") return sql`p.inactive_since < now() - ${retention.days}::int * interval '1 day'`;
  return sql`p.inactive_since is not null and ${retention.kept} <= (
    select count(*) from (
      select 1 from project n where n.name = p.name and n.inactive_since is not null
        and (n.inactive_since, n.id) > (p.inactive_since, p.id) limit ${retention.kept}) newer)`;
}

const childless = sql`not exists (select 1 from project c where c.parent_id = p.id)`;

/** Projects beyond what is kept, deepest first, at most `limit`. */
export async function listBeyondRetention(
  db: Db,
  retention: Retention,
  limit: number,
): Promise<{ id: number; components: number }[]> {
  const { rows } = await sql<{ id: number; components: number }>`/* projects.listBeyondRetention */
    select p.id, p.component_count as components from project p where ${beyond(retention)}
    order by (select max(h.depth) from project_hierarchy h where h.child_id = p.id) desc, p.inactive_since, p.id
    limit ${limit}`.execute(db);
  return rows;
}

/** Whether the project is still beyond what is kept, and has no children. */
export async function isBeyondRetention(db: Db, retention: Retention, id: number): Promise<boolean> {
  const { rows } = await sql`/* projects.isBeyondRetention */
    select 1 from project p where p.id = ${id} and ${childless} and ${beyond(retention)}`.execute(db);
  return rows.length > 0;
}

/**
 * Deletes one project if it is still beyond what is kept, has no children, and nobody works on it. Its row is locked first:
 * the deletion then sees every child and every activation that came before.
 */
export async function deleteBeyondRetention(tx: Tx, retention: Retention, id: number): Promise<boolean> {
  const { rows } = await sql`/* projects.lockBeyondRetention */
    select 1 from project p where p.id = ${id} and ${beyond(retention)} for update of p skip locked`.execute(tx);
  if (rows.length === 0) return false;
  const { numAffectedRows } = await sql`/* projects.deleteBeyondRetention */
    delete from project p where p.id = ${id} and ${childless}`.execute(tx);
  return numAffectedRows === 1n;
}
