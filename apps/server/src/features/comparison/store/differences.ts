import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** A component that only one of two projects has, or has under other licences. */
export interface DifferentComponent {
  identityId: number;
  group: string | null;
  name: string;
  version: string | null;
  purl: string | null;
  license: string | null;
  licenseExpression: string | null;
}

/** Components of a project that another one has not the same of, by name; identities tell them apart, so few are read. */
export async function componentsOnlyIn(
  db: Db,
  projectId: number,
  otherId: number,
  limit: number,
): Promise<DifferentComponent[]> {
  const { rows } = await sql<DifferentComponent>`/* comparison.componentsOnlyIn */
    select i.id as "identityId", i.group_name as "group", i.name, i.version, i.purl,
      ${licenseText("name", "license")} as license, ${licenseText("expression", "license_expression")} as "licenseExpression"
    from component c join component_identity i on i.id = c.identity_id left join component_license l on l.id = c.license_id
    where c.project_id = ${projectId} and not exists (
      select 1 from component o
      where o.project_id = ${otherId} and o.identity_id = c.identity_id and o.license_id = c.license_id)
    order by i.name, i.id limit ${limit}`.execute(db);
  return rows;
}

/** Components a backfill has not come to have their licence in columns of their own, which a contract drops. */
export function licenseText(column: "name" | "expression", before: string): RawBuilder<unknown> {
  return sql`case when c.license_id is null then to_jsonb(c) ->> ${sql.lit(before)} else l.${sql.ref(column)} end`;
}

/** How many components each of the projects has. */
export async function componentCounts(db: Db, projectIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ projectId: number; components: number }>`/* comparison.componentCounts */
    select project_id as "projectId", count(*)::int as components from component
    where project_id = any(${[...projectIds]}::int[]) group by project_id`.execute(db);
  return new Map(rows.map(({ projectId, components }) => [projectId, components]));
}

/** A vulnerability an identity is affected by. */
export interface AffectedIdentity {
  identityId: number;
  source: string;
  vulnId: string;
}

/** Vulnerabilities of identities. */
export async function vulnerabilitiesOf(
  db: Db,
  identityIds: readonly number[],
  limit: number,
): Promise<AffectedIdentity[]> {
  const { rows } = await sql<AffectedIdentity>`/* comparison.vulnerabilitiesOf */
    select m.identity_id as "identityId", v.source, v.vuln_id as "vulnId"
    from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
    where m.identity_id = any(${[...identityIds]}::int[]) limit ${limit}`.execute(db);
  return rows;
}
