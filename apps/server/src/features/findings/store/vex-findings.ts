import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { FoundComponent } from "../rules/affected-findings.ts";
import type { Decision } from "../rules/analysis-trail.ts";

/** A finding of a project with what is decided about it; where nobody looked, the decision is the one of a new row. */
export interface DecidedFinding extends FoundComponent, Decision {
  identityId: number;
  vulnerabilityId: number;
  vulnerabilityUuid: string;
  vulnId: string;
  source: string;
}

/** A vulnerability as documents name it. */
export interface VulnerabilityName {
  vulnId: string;
  source?: string | undefined;
}

/** All findings of these vulnerabilities in a project, suppressed ones too. */
export async function findingsOfVulnerabilities(
  tx: Tx,
  projectId: number,
  names: readonly VulnerabilityName[],
): Promise<DecidedFinding[]> {
  const { rows } = await sql<DecidedFinding>`/* findings.ofVulnerabilities */
    with wanted as materialized (
      select distinct v.id, v.uuid, v.vuln_id, v.source
      from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as w("vulnId" text, source text)
        join vulnerability v on v.vuln_id = w."vulnId" and (w.source is null or v.source = w.source))
    select c.identity_id as "identityId", w.id as "vulnerabilityId", w.uuid as "vulnerabilityUuid", w.vuln_id as "vulnId",
      w.source, c.uuid as "componentUuid", i.name, i.group_name as "group", i.version, i.purl,
      i.purl_coordinates as "purlCoordinates", i.cpe, i.swid_tag_id as "swidTagId", i.scope,
      coalesce(a.state, 'NOT_SET') as state, coalesce(a.justification, 'NOT_SET') as justification,
      coalesce(a.response, 'NOT_SET') as response, a.details, coalesce(a.suppressed, false) as suppressed,
      a.owasp_vector as "owaspVector", a.owasp_score as "owaspScore"
    from wanted w join vulnerability_match m on m.vulnerability_id = w.id
      join component c on c.project_id = ${projectId} and c.identity_id = m.identity_id
      join component_identity i on i.id = c.identity_id
      left join finding_analysis a on a.project_id = c.project_id and a.identity_id = m.identity_id
        and a.vulnerability_id = m.vulnerability_id
    order by c.identity_id, w.id`.execute(tx);
  return rows;
}
