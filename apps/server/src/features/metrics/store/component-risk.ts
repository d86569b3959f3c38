import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { ComponentKey } from "../../components/index.ts";
import { isKnownExploited } from "../../vulnerabilities/index.ts";
import type { RiskWeights } from "../rules/risk-score.ts";
import { isAudited } from "./audit-state.ts";

/** Vulnerabilities of a component that are not suppressed, aliases counted once. */
export interface ComponentCounts extends RiskWeights, ComponentKey {
  vulnerabilities: number;
  kev: number;
  suppressed: number;
  audited: number;
}

/** Counts components; those without vulnerabilities are missing. */
export async function countComponents(db: Db, components: readonly ComponentKey[]): Promise<ComponentCounts[]> {
  const projectIds = components.map(({ projectId }) => projectId);
  const identityIds = components.map(({ identityId }) => identityId);
  const wanted = sql`(select p as project_id, i as identity_id from unnest(${projectIds}::int[], ${identityIds}::int[]) as k(p, i))`;
  const { rows } = await sql<ComponentCounts>`/* metrics.countComponents */
    select project_id as "projectId", identity_id as "identityId", count(severity)::int as vulnerabilities,
      (count(*) filter (where severity = 5))::int as critical, (count(*) filter (where severity = 4))::int as high,
      (count(*) filter (where severity = 3))::int as medium, (count(*) filter (where severity = 2))::int as low,
      (count(*) filter (where severity < 2))::int as unassigned, sum(suppressed)::int as suppressed,
      (count(*) filter (where audited))::int as audited, (count(*) filter (where kev))::int as kev
    from (${vulnerabilitiesOfComponents(wanted, isKnownExploited)}) v group by 1, 2`.execute(db);
  return rows;
}

/** Subquery of the scores of a project's components that have vulnerabilities: `identity_id`, `score`. */
export function projectScores(weights: RiskWeights, projectId: number): RawBuilder<unknown> {
  const components = sql`(select project_id, identity_id from component where project_id = ${projectId})`;
  return sql`select identity_id, sum(${weightOf(weights)}) as score
    from (${vulnerabilitiesOfComponents(components)}) v group by 1`;
}

/** Subquery of the scores of identities that have vulnerabilities, whatever is suppressed somewhere: `identity_id`, `score`. */
export function identityScores(weights: RiskWeights): RawBuilder<unknown> {
  return sql`select identity_id, sum(${weightOf(weights)}) as score from (
      select m.identity_id, max(m.severity) as severity
      from vulnerability_match m join vulnerability v on v.id = m.vulnerability_id
        left join vulnerability_alias a on a.vuln_id = v.vuln_id and a.source = v.source
      group by m.identity_id, coalesce(a.group_id::text, v.id::text)) v group by 1`;
}

/** Subquery of the scores of components of which something is suppressed: `project_id`, `identity_id`, `score`. */
export function suppressedScores(weights: RiskWeights): RawBuilder<unknown> {
  const components = sql`(select distinct project_id, identity_id from finding_analysis where suppressed)`;
  return sql`select project_id, identity_id, sum(${weightOf(weights)}) as score
    from (${vulnerabilitiesOfComponents(components)}) v group by 1, 2`;
}

function weightOf({ critical, high, medium, low, unassigned }: RiskWeights): RawBuilder<unknown> {
  return sql`case when severity is null then 0 else case severity when 5 then ${critical}::float8 when 4 then ${high}::float8
    when 3 then ${medium}::float8 when 2 then ${low}::float8 else ${unassigned}::float8 end end`;
}

/**
 * One row for each vulnerability of a component, whatever names it has; its severity is null where it is suppressed under all of them.
 * `exploited` tells it of the vulnerability `v`.
 */
function vulnerabilitiesOfComponents(
  components: RawBuilder<unknown>,
  exploited: RawBuilder<unknown> = sql`false`,
): RawBuilder<unknown> {
  return sql`select c.project_id, c.identity_id, max(m.severity) filter (where fa.suppressed is not true) as severity,
      count(*) filter (where fa.suppressed) as suppressed, bool_or(${isAudited}) as audited,
      bool_or(fa.suppressed is not true and ${exploited}) as kev
    from ${components} c join vulnerability_match m on m.identity_id = c.identity_id
      join vulnerability v on v.id = m.vulnerability_id
      left join vulnerability_alias a on a.vuln_id = v.vuln_id and a.source = v.source
      left join finding_analysis fa on fa.project_id = c.project_id and fa.identity_id = c.identity_id
        and fa.vulnerability_id = m.vulnerability_id
    group by c.project_id, c.identity_id, coalesce(a.group_id::text, v.id::text)`;
}
