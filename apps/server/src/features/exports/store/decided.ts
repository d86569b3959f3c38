import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** Components of a project with the same vulnerability about which the same was decided; the state is null where nothing was. */
export interface DecidedGroup {
  vulnerabilityId: number;
  state: string | null;
  justification: string | null;
  response: string | null;
  details: string | null;
  suppressed: boolean;
  owaspVector: string | null;
  owaspScore: number | null;
  /** Their UUIDs. */
  components: string[];
}

/** What is walked: all findings of a project or those of one component; grouped by decision, or by vulnerability alone. */
export interface DecidedWalk {
  projectId: number;
  identityId?: number | undefined;
  withDecisions: boolean;
}

const decision: RawBuilder<unknown> = sql`a.state, a.justification, a.response, a.details,
  coalesce(a.suppressed, false) as suppressed, a.owasp_vector as "owaspVector", a.owasp_score as "owaspScore"`;
const nothing: RawBuilder<unknown> = sql`null::text as state, null::text as justification, null::text as response,
  null::text as details, false as suppressed, null::text as "owaspVector", null::real as "owaspScore"`;

/** All groups of the next `limit` vulnerabilities that follow `afterId`, in their order. */
export async function decidedAfter(db: Db, walk: DecidedWalk, afterId: number, limit: number): Promise<DecidedGroup[]> {
  const { projectId, identityId, withDecisions } = walk;
  const { rows } = await sql<DecidedGroup>`/* exports.decidedAfter */
    with c as materialized (select identity_id, uuid from component
      where project_id = ${projectId} and ${identityId === undefined ? sql`true` : sql`identity_id = ${identityId}`}),
    page as materialized (select distinct m.vulnerability_id from c join vulnerability_match m on m.identity_id = c.identity_id
      where m.vulnerability_id > ${afterId} order by 1 limit ${limit})
    select m.vulnerability_id as "vulnerabilityId", ${withDecisions ? decision : nothing},
      array_agg(c.uuid::text order by c.identity_id) as components
    from c join vulnerability_match m on m.identity_id = c.identity_id
      join page on page.vulnerability_id = m.vulnerability_id
      left join finding_analysis a on a.project_id = ${projectId} and a.identity_id = c.identity_id
        and a.vulnerability_id = m.vulnerability_id
    group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, min(c.identity_id)`.execute(db);
  return rows;
}
