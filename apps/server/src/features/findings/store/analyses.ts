import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import type { Decision } from "../rules/analysis-trail.ts";

/** Which finding: a component of a project and a vulnerability, by row ids. */
export interface FindingKey {
  projectId: number;
  identityId: number;
  vulnerabilityId: number;
}

/** A decision as it is stored. */
export interface StoredDecision extends Decision {
  id: number;
}

/** Names of a finding as requests give them, resolved; null where there is nothing of that name. */
export interface FindingNames {
  projectId: number;
  projectUuid: string;
  identityId: number;
  visible: boolean;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  vulnerabilityId: number | null;
  vulnId: string | null;
  source: string | null;
}

const decisionColumns = sql`id, state, justification, response, details, suppressed, owasp_vector as "owaspVector",
  owasp_score as "owaspScore"`;

/** The component and vulnerability of a finding, and whether the scope sees the project; undefined without the component. */
export async function findFindingNames(
  db: Db,
  scope: PortfolioScope,
  { component, vulnerability }: { component: string; vulnerability: string },
): Promise<FindingNames | undefined> {
  const { rows } = await sql<FindingNames>`/* findings.findNames */
    select c.project_id as "projectId", p.uuid as "projectUuid", c.identity_id as "identityId",
      ${visibleProject(scope, sql.ref("p.id"))} as visible, i.name, i.group_name as "group", i.version, i.purl,
      v.id as "vulnerabilityId", v.vuln_id as "vulnId", v.source
    from component c join project p on p.id = c.project_id join component_identity i on i.id = c.identity_id
      left join vulnerability v on v.uuid = ${vulnerability}
    where c.uuid = ${component}`.execute(db);
  return rows[0];
}

/** What was decided about a finding; undefined when nobody looked at it. */
export async function readDecision(db: Db, key: FindingKey): Promise<StoredDecision | undefined> {
  const { rows } = await sql<StoredDecision>`/* findings.readDecision */
    select ${decisionColumns} from finding_analysis
    where (project_id, identity_id, vulnerability_id) = (${key.projectId}, ${key.identityId}, ${key.vulnerabilityId})`.execute(
    db,
  );
  return rows[0];
}

/** Makes sure the row is there and locks it, so that of two people who decide at once the second sees the first's words. */
export async function lockDecision(tx: Tx, key: FindingKey): Promise<StoredDecision | undefined> {
  const { rows } = await sql<StoredDecision>`/* findings.lockDecision */
    insert into finding_analysis (project_id, identity_id, vulnerability_id)
    select project_id, identity_id, ${key.vulnerabilityId}::int from component
    where (project_id, identity_id) = (${key.projectId}, ${key.identityId}) for key share
    on conflict (project_id, identity_id, vulnerability_id) do update set updated_at = finding_analysis.updated_at
    returning ${decisionColumns}`.execute(tx);
  return rows[0];
}

/** Stores a decision whose row is locked, and what the trail says of it. */
export async function writeDecision(
  tx: Tx,
  id: number,
  { decision: d, comments }: { decision: Decision; comments: readonly string[] },
  commenter: string,
): Promise<void> {
  await sql`/* findings.writeDecision */
    with changed as (
      update finding_analysis set state = ${d.state}, justification = ${d.justification}, response = ${d.response},
        details = ${d.details}, suppressed = ${d.suppressed}, owasp_vector = ${d.owaspVector},
        owasp_score = ${d.owaspScore}, updated_at = now()
      where id = ${id} returning id)
    insert into finding_analysis_comment (analysis_id, commenter, comment)
    select changed.id, ${commenter}, said from changed, unnest(${[...comments]}::text[]) with ordinality as c(said, place)
    order by place`.execute(tx);
}

/** One entry of a trail. */
export interface TrailEntry {
  timestamp: Date;
  comment: string;
  commenter: string;
}

/** The trail of a decision, oldest first, at most `limit` entries. */
export async function readTrail(db: Db, analysisId: number, limit: number): Promise<TrailEntry[]> {
  const { rows } = await sql<TrailEntry>`/* findings.readTrail */
    select written_at as timestamp, comment, commenter from finding_analysis_comment
    where analysis_id = ${analysisId} order by id limit ${limit}`.execute(db);
  return rows;
}

/** The latest entries of a trail, newest first. */
export async function readLatestTrail(db: Db, analysisId: number, limit: number): Promise<TrailEntry[]> {
  const { rows } = await sql<TrailEntry>`/* findings.readLatestTrail */
    select written_at as timestamp, comment, commenter from finding_analysis_comment
    where analysis_id = ${analysisId} order by id desc limit ${limit}`.execute(db);
  return rows;
}
