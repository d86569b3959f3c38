import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type DifferentComponent, licenseText } from "./differences.ts";

/** How many direct dependencies each of the projects has; those that do not know theirs, or had another BOM since, are missing. */
export async function directCounts(db: Db, projectIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ projectId: number; direct: number }>`/* comparison.directCounts */
    select g.project_id as "projectId", cardinality(g.direct) as direct from project_graph g
    join project p on p.id = g.project_id and p.bom_digest = g.inventory_digest
    where g.project_id = any(${[...projectIds]}::int[]) and g.complete`.execute(db);
  return new Map(rows.map(({ projectId, direct }) => [projectId, direct]));
}

/** What a project depends on directly, as far as it is still there. */
export async function directDependencies(db: Db, projectId: number, limit: number): Promise<DifferentComponent[]> {
  const { rows } = await sql<DifferentComponent>`/* comparison.directDependencies */
    select i.id as "identityId", i.group_name as "group", i.name, i.version, i.purl,
      ${licenseText("name", "license")} as license, ${licenseText("expression", "license_expression")} as "licenseExpression"
    from project_graph g join component c on c.project_id = g.project_id and c.identity_id = any(g.direct)
    join component_identity i on i.id = c.identity_id left join component_license l on l.id = c.license_id
    where g.project_id = ${projectId} order by i.id limit ${limit}`.execute(db);
  return rows;
}
