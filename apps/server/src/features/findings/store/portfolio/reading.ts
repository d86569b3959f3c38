import { sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { type FindingRow, findingColumns } from "../listing.ts";
import type { FindingRef } from "./listing.ts";

/** A finding with the project it is in. */
export interface PortfolioFindingRow extends FindingRow {
  projectUuid: string;
  projectName: string;
  projectVersion: string | null;
}

/** The named findings, in that order; those that are gone meanwhile are left out. */
export async function readFindings(db: Db, refs: readonly FindingRef[]): Promise<PortfolioFindingRow[]> {
  if (refs.length === 0) return [];
  const { rows } = await sql<PortfolioFindingRow>`/* findings.readPortfolio */
    select ${findingColumns}, p.uuid as "projectUuid", p.name as "projectName", p.version as "projectVersion"
    from unnest(${refs.map(({ projectId }) => projectId)}::int[], ${refs.map(({ identityId }) => identityId)}::int[],
        ${refs.map(({ vulnerabilityId }) => vulnerabilityId)}::int[])
        with ordinality as r(project_id, identity_id, vulnerability_id, place)
      join component c on c.project_id = r.project_id and c.identity_id = r.identity_id
      join vulnerability_match m on m.vulnerability_id = r.vulnerability_id and m.identity_id = r.identity_id
      join component_identity i on i.id = r.identity_id
      join project p on p.id = r.project_id
      left join finding_analysis a on a.project_id = r.project_id and a.identity_id = r.identity_id
        and a.vulnerability_id = r.vulnerability_id
    order by r.place`.execute(db);
  return rows;
}
