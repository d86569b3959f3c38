import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { RiskWeights } from "../rules/risk-score.ts";

/** Vulnerabilities of an identity, aliases counted once. */
export interface IdentityCounts extends RiskWeights {
  identityId: number;
  vulnerabilities: number;
}

/** Counts identities; those without vulnerabilities are missing. */
export async function countIdentities(db: Db, identityIds: readonly number[]): Promise<IdentityCounts[]> {
  const { rows } = await sql<IdentityCounts>`/* metrics.countIdentities */
    select identity_id as "identityId", count(*)::int as vulnerabilities,
      (count(*) filter (where severity = 5))::int as critical, (count(*) filter (where severity = 4))::int as high,
      (count(*) filter (where severity = 3))::int as medium, (count(*) filter (where severity = 2))::int as low,
      (count(*) filter (where severity < 2))::int as unassigned
    from (${vulnerabilitiesOf(sql`select unnest(${[...identityIds]}::int[])`)}) v group by 1`.execute(db);
  return rows;
}

/** Subquery of the scores of identities that have vulnerabilities. */
export function identityScores(
  weights: RiskWeights,
  identityIds: RawBuilder<unknown> | undefined,
): RawBuilder<unknown> {
  const { critical, high, medium, low, unassigned } = weights;
  return sql`select identity_id, sum(case severity when 5 then ${critical}::float8 when 4 then ${high}::float8
      when 3 then ${medium}::float8 when 2 then ${low}::float8 else ${unassigned}::float8 end) as score
    from (${vulnerabilitiesOf(identityIds)}) v group by 1`;
}

/** One row for each vulnerability of an identity, whatever names it has. */
function vulnerabilitiesOf(identityIds: RawBuilder<unknown> | undefined): RawBuilder<unknown> {
  const within = identityIds === undefined ? sql`` : sql`where m.identity_id in (${identityIds})`;
  return sql`select m.identity_id, max(m.severity) as severity
    from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
      left join vulnerability_alias a on a.vuln_id = v.vuln_id and a.source = v.source
    ${within} group by m.identity_id, coalesce(a.group_id::text, v.id::text)`;
}
