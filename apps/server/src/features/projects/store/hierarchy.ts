import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/**
 * The closure table: one row per ancestor and descendant, and per project with itself at depth 0. Whoever adds a leaf holds
 * the hierarchy lock shared, whoever moves a subtree holds it alone, so a move never misses a row and two moves never make
 * a ring. The lock ends with the transaction.
 */
const HIERARCHY_LOCK = 0x45565048;

/** Deepest nesting of projects: the closure table grows with it squared. */
export const DEPTH_MAX = 100;

/** For adding a leaf. */
export async function lockHierarchyShared(tx: Tx): Promise<void> {
  await sql`/* projects.lockHierarchyShared */ select pg_advisory_xact_lock_shared(${HIERARCHY_LOCK})`.execute(tx);
}

/** For moving a subtree. */
export async function lockHierarchy(tx: Tx): Promise<void> {
  await sql`/* projects.lockHierarchy */ select pg_advisory_xact_lock(${HIERARCHY_LOCK})`.execute(tx);
}

/** How many ancestors a project has, and how deep the tree below it is. */
export async function depthsOf(tx: Tx, id: number): Promise<{ above: number; below: number }> {
  const { rows } = await sql<{ above: number; below: number }>`/* projects.depths */
    select (select coalesce(max(depth), 0)::int from project_hierarchy where child_id = ${id}) as above,
      (select coalesce(max(depth), 0)::int from project_hierarchy where parent_id = ${id}) as below`.execute(tx);
  return rows[0] ?? { above: 0, below: 0 };
}

/** Adds the rows of a new project below its parent, or at the top. */
export async function insertIntoHierarchy(tx: Tx, id: number, parentId: number | null): Promise<void> {
  await sql`/* projects.insertIntoHierarchy */
    insert into project_hierarchy (parent_id, child_id, depth)
    select parent_id, ${id}::int, depth + 1 from project_hierarchy where child_id = ${parentId}::int
    union all select ${id}::int, ${id}::int, 0`.execute(tx);
}

/** Whether `descendantId` lies below `id` or is it. */
export async function isWithin(tx: Tx, id: number, descendantId: number): Promise<boolean> {
  const { rows } = await sql`/* projects.isWithin */
    select 1 from project_hierarchy where parent_id = ${id} and child_id = ${descendantId}`.execute(tx);
  return rows.length > 0;
}

/** Cuts a subtree off its ancestors. Call lockHierarchy before. */
export async function detachSubtree(tx: Tx, id: number): Promise<void> {
  await sql`/* projects.detachSubtree */
    delete from project_hierarchy
    where child_id in (select child_id from project_hierarchy where parent_id = ${id})
      and parent_id in (select parent_id from project_hierarchy where child_id = ${id} and parent_id <> ${id})`.execute(
    tx,
  );
}

/** Hangs a detached subtree below a project and makes that its parent. */
export async function attachSubtree(tx: Tx, id: number, parentId: number): Promise<void> {
  await sql`/* projects.attachSubtree */
    with moved as (update project set parent_id = ${parentId} where id = ${id})
    insert into project_hierarchy (parent_id, child_id, depth)
    select above.parent_id, below.child_id, above.depth + below.depth + 1
    from project_hierarchy above cross join project_hierarchy below
    where above.child_id = ${parentId} and below.parent_id = ${id}`.execute(tx);
}
