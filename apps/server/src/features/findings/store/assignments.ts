import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { Match } from "../rules/affected-identities.ts";

/** The name in `analyzers` of matches that somebody assigned. */
export const MANUAL = "manual";

/** Who assigned a vulnerability, and when. */
export interface Assignment {
  by: string;
  at: Date;
}

/** What is assigned; its identity is of that component alone. */
export interface Assigned extends Match {
  projectId: number;
}

/** Keeps matching, which holds a key share on an identity, away from it until the transaction ends. */
export async function lockOwnIdentity(tx: Tx, identityId: number): Promise<void> {
  await sql`/* findings.lockOwnIdentity */ select 1 from component_identity where id = ${identityId} for update`.execute(
    tx,
  );
}

/** Notes an assignment; false when there is one. */
export async function insertAssignment(
  tx: Tx,
  { projectId, identityId, vulnerabilityId }: Assigned,
  by: string,
): Promise<boolean> {
  const { rows } = await sql`/* findings.insertAssignment */
    insert into assigned_vulnerability (project_id, identity_id, vulnerability_id, assigned_by)
    values (${projectId}, ${identityId}, ${vulnerabilityId}, ${by}) on conflict do nothing returning 1`.execute(tx);
  return rows.length > 0;
}

/** Forgets an assignment; false when there is none. */
export async function deleteAssignment(tx: Tx, { identityId, vulnerabilityId }: Match): Promise<boolean> {
  const { rows } = await sql`/* findings.deleteAssignment */
    delete from assigned_vulnerability where identity_id = ${identityId} and vulnerability_id = ${vulnerabilityId}
    returning 1`.execute(tx);
  return rows.length > 0;
}

/** The assignment of a vulnerability to the component of this identity. */
export async function findAssignment(db: Db, { identityId, vulnerabilityId }: Match): Promise<Assignment | undefined> {
  const { rows } = await sql<Assignment>`/* findings.findAssignment */
    select assigned_by as "by", assigned_at as "at" from assigned_vulnerability
    where identity_id = ${identityId} and vulnerability_id = ${vulnerabilityId}`.execute(db);
  return rows[0];
}

/** What is assigned to these identities and has no match that says so. */
export async function unmatchedAssignments(db: Db, identityIds: readonly number[]): Promise<Match[]> {
  const { rows } = await sql<Match>`/* findings.unmatchedAssignments */
    select a.identity_id as "identityId", a.vulnerability_id as "vulnerabilityId" from assigned_vulnerability a
    where a.identity_id = any(${[...identityIds]}::int[]) and not exists (
      select 1 from vulnerability_match m
      where m.vulnerability_id = a.vulnerability_id and m.identity_id = a.identity_id and ${MANUAL} = any(m.analyzers))
    order by 1, 2`.execute(db);
  return rows;
}

/** What is assigned to these identities. */
export async function assignedTo(tx: Tx, identityIds: readonly number[]): Promise<Match[]> {
  const { rows } = await sql<Match>`/* findings.assignedTo */
    select identity_id as "identityId", vulnerability_id as "vulnerabilityId" from assigned_vulnerability
    where identity_id = any(${[...identityIds]}::int[]) order by vulnerability_id, identity_id`.execute(tx);
  return rows;
}

/**
 * Gives an identity the matches of another one that says the same, with all that external analyzers reported, so that nothing is missing until
 * it is matched itself. What was assigned to the other one stays there.
 */
export async function copyMatches(tx: Tx, from: number, to: number): Promise<void> {
  await sql`/* findings.copyMatches */
    insert into vulnerability_match (vulnerability_id, identity_id, first_seen, severity, cvss, epss, published, analyzers)
    select vulnerability_id, ${to}, first_seen, severity, cvss, epss, published, array_remove(analyzers, ${MANUAL}::text)
    from vulnerability_match where identity_id = ${from} and analyzers <> array[${MANUAL}::text] order by vulnerability_id`.execute(
    tx,
  );
  await sql`/* findings.copyReports */
    insert into analyzer_report (identity_id, analyzer, vulnerability_id, first_seen, reference_url)
    select ${to}, analyzer, vulnerability_id, first_seen, reference_url from analyzer_report where identity_id = ${from}
    order by 2, 3`.execute(tx);
  await sql`/* findings.copyAnswers */
    insert into analyzer_answer (identity_id, analyzer, as_of)
    select ${to}, analyzer, as_of from analyzer_answer where identity_id = ${from} order by analyzer`.execute(tx);
}
