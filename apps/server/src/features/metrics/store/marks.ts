/**
 * A row of metrics_dirty_project says that a project's numbers are out of date, and is the lock under which they are counted.
 *   mark    in the transaction that changes matches: inserts or locks the row, in id order. Leaving a present row alone would
 *           not do: an updater could take it, count without the change, and commit before the change does.
 *   count   only while holding the row (taken, or claimed by name), in a later statement; deleting it commits with the
 *           numbers. So of two updaters of one project the later one counts later.
 * The key share keeps a project from being deleted between being found and being marked.
 */
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
    select p.id from project p where p.id <> ${exceptProjectId}
      and p.id in (select project_id from component where identity_id = any(${[...identityIds]}::int[]))
    order by p.id for key share of p
    on conflict (project_id) do update set marked_at = metrics_dirty_project.marked_at`.execute(tx);
}

/**
 * Marks projects that have a match of one of the CVEs under any of their names: those with the lowest row ids beyond `afterId`, at most
 * `limit`; returns which.
 */
export async function markProjectsOfCves(
  tx: Tx,
  cves: readonly string[],
  afterId: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ project_id: number }>`/* metrics.markProjectsOfCves */
    with names as (
      select cve as vuln_id, 'NVD' as source from unnest(${[...cves]}::text[]) as s(cve)
      union
      select m.vuln_id, m.source from unnest(${[...cves]}::text[]) as s(cve)
        join vulnerability_alias g on g.vuln_id = s.cve and g.source = 'NVD'
        join vulnerability_alias m on m.group_id = g.group_id),
    concerned as materialized (
      select distinct m.identity_id from names n join vulnerability v on v.vuln_id = n.vuln_id and v.source = n.source
        join vulnerability_match m on m.vulnerability_id = v.id)
    insert into metrics_dirty_project (project_id)
    select p.id from project p where p.id > ${afterId}
      and p.id in (select c.project_id from concerned i join component c on c.identity_id = i.identity_id
        where c.project_id > ${afterId})
    order by p.id limit ${limit} for key share of p
    on conflict (project_id) do update set marked_at = metrics_dirty_project.marked_at
    returning project_id`.execute(tx);
  return rows.map(({ project_id }) => project_id);
}

/** Marks a project by its UUID; false when there is none. */
export async function markProject(tx: Tx, projectUuid: string): Promise<boolean> {
  const { numAffectedRows } = await sql`/* metrics.markProject */
    insert into metrics_dirty_project (project_id) select id from project where uuid = ${projectUuid} for key share
    on conflict (project_id) do update set marked_at = metrics_dirty_project.marked_at`.execute(tx);
  return numAffectedRows === 1n;
}

/** Takes marks away and returns whose they were; those another transaction holds are left to it. */
export async function takeMarks(tx: Tx, limit: number): Promise<number[]> {
  const { rows } = await sql<{ project_id: number }>`/* metrics.takeMarks */
    delete from metrics_dirty_project where project_id in
      (select project_id from metrics_dirty_project order by marked_at, project_id limit ${limit} for update skip locked)
    returning project_id`.execute(tx);
  return rows.map(({ project_id }) => project_id);
}

/** Whether any project is marked. */
export async function anyMark(tx: Tx): Promise<boolean> {
  const { rows } = await sql`/* metrics.anyMark */ select 1 from metrics_dirty_project limit 1`.execute(tx);
  return rows.length > 0;
}

/** Marks and takes the named projects, waiting for whoever holds their marks; returns those that exist. */
export async function claimProjects(tx: Tx, projectIds: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ project_id: number }>`/* metrics.claimProjects */
    insert into metrics_dirty_project (project_id)
    select id from project where id = any(${[...projectIds]}::int[]) order by id for key share
    on conflict (project_id) do update set marked_at = metrics_dirty_project.marked_at
    returning project_id`.execute(tx);
  const claimed = rows.map(({ project_id }) => project_id);
  await sql`/* metrics.removeClaimed */
    delete from metrics_dirty_project where project_id = any(${claimed}::int[])`.execute(tx);
  return claimed;
}
