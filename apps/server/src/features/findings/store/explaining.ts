import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";

/** A component of a project with what matching reads of it. */
export interface ExplainedComponent {
  projectId: number;
  projectUuid: string;
  projectName: string;
  projectVersion: string | null;
  visible: boolean;
  uuid: string;
  identityId: number;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  packageKey: string | null;
  cpe: string | null;
  firstSeen: Date;
  /** When its matches were last made sure of; null before the first time. */
  matchedAt: Date | null;
}

/** The component with this UUID, and whether the scope sees its project. */
export async function findExplainedComponent(
  db: Db,
  scope: PortfolioScope,
  uuid: string,
): Promise<ExplainedComponent | undefined> {
  const { rows } = await sql<ExplainedComponent>`/* findings.findExplained */
    select c.project_id as "projectId", p.uuid as "projectUuid", p.name as "projectName", p.version as "projectVersion",
      ${visibleProject(scope, sql.ref("p.id"))} as visible, c.uuid, c.identity_id as "identityId", i.name,
      i.group_name as "group", i.version, i.purl, i.package_key as "packageKey", i.cpe, c.first_seen as "firstSeen",
      s.matched_at as "matchedAt"
    from component c join project p on p.id = c.project_id join component_identity i on i.id = c.identity_id
      left join identity_match_state s on s.identity_id = c.identity_id
    where c.uuid = ${uuid}`.execute(db);
  return rows[0];
}

/** A match of an identity as it is stored, by how its vulnerability is called. */
export interface StoredMatch {
  source: string;
  vulnId: string;
  firstSeen: Date;
  analyzers: string[];
}

/** Which of these vulnerabilities the identity is matched with. */
export async function matchesNamed(
  db: Db,
  identityId: number,
  names: readonly { source: string; vulnId: string }[],
): Promise<StoredMatch[]> {
  const { rows } = await sql<StoredMatch>`/* findings.matchesNamed */
    select v.source, v.vuln_id as "vulnId", m.first_seen as "firstSeen", m.analyzers
    from unnest(${names.map(({ source }) => source)}::text[], ${names.map(({ vulnId }) => vulnId)}::text[]) as n(source, id)
      join vulnerability v on v.vuln_id = n.id and v.source = n.source
      join vulnerability_match m on m.vulnerability_id = v.id and m.identity_id = ${identityId}`.execute(db);
  return rows;
}
