import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { LockedIdentity } from "./matching.ts";

/** A component with findings. */
export interface FixableComponent extends LockedIdentity {
  uuid: string;
  name: string;
  group: string | null;
  /** The worst of its findings that are not suppressed, 0 UNASSIGNED to 5 CRITICAL. */
  severity: number;
  /** How many these are. */
  findings: number;
}

/** Where a list of components with findings goes on: after this one. */
export interface FixablePlace {
  severity: number;
  findings: number;
  identityId: number;
}

/** One page of a project's components with findings, worst first, and how many there are. */
export async function fixablePage(
  db: Db,
  projectId: number,
  after: FixablePlace | undefined,
  limit: number,
): Promise<{ rows: FixableComponent[]; total: number }> {
  const following =
    after === undefined
      ? sql`true`
      : sql`(severity, findings, -identity_id) < (${after.severity}::int, ${after.findings}::int, ${-after.identityId}::int)`;
  const { rows } = await sql<{ total: number } & (FixableComponent | { uuid: null })>`/* findings.fixablePage */
    with found as materialized (
      select c.uuid, c.identity_id, max(m.severity)::int as severity, count(*)::int as findings
      from component c join vulnerability_match m on m.identity_id = c.identity_id
        left join finding_analysis a on a.project_id = c.project_id and a.identity_id = m.identity_id
          and a.vulnerability_id = m.vulnerability_id
      where c.project_id = ${projectId} and a.suppressed is not true
      group by c.uuid, c.identity_id
    ), page as (
      select * from found where ${following}
      order by severity desc, findings desc, identity_id limit ${limit}
    )
    select t.total, p.uuid, p.severity, p.findings, i.id as "identityId", i.name, i.group_name as "group", i.version,
      i.purl, i.package_key as "packageKey", i.cpe
    from (select count(*)::int as total from found) t
      left join (page p join component_identity i on i.id = p.identity_id) on true
    order by p.severity desc, p.findings desc, p.identity_id`.execute(db);
  return { rows: rows.filter((row) => row.uuid !== null), total: rows[0]?.total ?? 0 };
}

/** A vulnerability that a component of a project has. */
export interface FoundVulnerability {
  identityId: number;
  vulnerabilityId: number;
  source: string;
  vulnId: string;
  severity: number;
  suppressed: boolean;
}

/** Every match of these identities with what the project decided about it, worst first. */
export async function foundVulnerabilities(
  db: Db,
  projectId: number,
  identityIds: readonly number[],
): Promise<FoundVulnerability[]> {
  const { rows } = await sql<FoundVulnerability>`/* findings.foundVulnerabilities */
    select m.identity_id as "identityId", m.vulnerability_id as "vulnerabilityId", v.source, v.vuln_id as "vulnId",
      m.severity, coalesce(a.suppressed, false) as suppressed
    from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
      left join finding_analysis a on a.project_id = ${projectId} and a.identity_id = m.identity_id
        and a.vulnerability_id = m.vulnerability_id
    where m.identity_id = any(${[...identityIds]}::int[])
    order by m.severity desc, v.vuln_id, v.source`.execute(db);
  return rows;
}
