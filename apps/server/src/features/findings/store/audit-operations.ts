import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import type { Decision, GivenDecision } from "../rules/analysis-trail.ts";
import type { FindingKey } from "./analyses.ts";

/** A finding and what it is called. */
export interface AuditedFinding extends FindingKey {
  componentUuid: string;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  vulnerabilityUuid: string;
  vulnId: string;
  source: string;
}

const columns = sql`c.project_id as "projectId", c.identity_id as "identityId", v.id as "vulnerabilityId", c.uuid as "componentUuid",
  i.name, i.group_name as "group", i.version, i.purl, v.uuid as "vulnerabilityUuid", v.vuln_id as "vulnId", v.source`;

/** Those of the named findings that there are, in projects the scope sees; in key order, each once. */
export async function namedFindings(
  db: Db,
  scope: PortfolioScope,
  named: readonly { component: string; vulnerability: string }[],
): Promise<AuditedFinding[]> {
  const { rows } = await sql<AuditedFinding>`/* findings.namedFindings */
    select distinct ${columns}
    from unnest(${named.map(({ component }) => component)}::uuid[], ${named.map(({ vulnerability }) => vulnerability)}::uuid[]) as w(c, v)
      join component c on c.uuid = w.c join component_identity i on i.id = c.identity_id
      join vulnerability v on v.uuid = w.v
      join vulnerability_match m on m.vulnerability_id = v.id and m.identity_id = c.identity_id
    where ${visibleProject(scope, sql.ref("c.project_id"))}
    order by 1, 2, 3`.execute(db);
  return rows;
}

/** Which findings of a vulnerability an operation still has to look at. */
export interface VulnerabilityFindings {
  vulnerability: string;
  project: string | undefined;
  /** Findings of which this holds already are left out. */
  decided: GivenDecision;
}

/** The first findings of a vulnerability in projects the scope sees that are decided otherwise, in key order. */
export async function findingsDecidedOtherwise(
  db: Db,
  scope: PortfolioScope,
  { vulnerability, project, decided }: VulnerabilityFindings,
  limit: number,
): Promise<AuditedFinding[]> {
  const { rows } = await sql<AuditedFinding>`/* findings.decidedOtherwise */
    select ${columns} from vulnerability v join vulnerability_match m on m.vulnerability_id = v.id
      join component c on c.identity_id = m.identity_id join component_identity i on i.id = c.identity_id
      join project p on p.id = c.project_id
      left join finding_analysis a on a.project_id = c.project_id and a.identity_id = c.identity_id and a.vulnerability_id = v.id
    where v.uuid = ${vulnerability} and ${visibleProject(scope, sql.ref("c.project_id"))}
      and (${project ?? null}::uuid is null or p.uuid = ${project ?? null}::uuid)
      and not jsonb_build_object('state', coalesce(a.state, 'NOT_SET'), 'justification', coalesce(a.justification, 'NOT_SET'),
        'response', coalesce(a.response, 'NOT_SET'), 'details', coalesce(a.details, ''), 'suppressed', coalesce(a.suppressed, false))
        @> ${JSON.stringify(decided)}::jsonb
    order by 1, 2, 3 limit ${limit}`.execute(db);
  return rows;
}

/** An operation that is begun. */
export async function insertOperation(
  tx: Tx,
  { operator, reason, decision }: { operator: string; reason: string; decision: object },
): Promise<{ id: number; uuid: string }> {
  const { rows } = await sql<{ id: number; uuid: string }>`/* findings.insertAuditOperation */
    insert into audit_operation (operator, reason, decision) values (${operator}, ${reason}, ${JSON.stringify(decision)}::jsonb)
    returning id, uuid`.execute(tx);
  const [operation] = rows;
  if (operation === undefined) throw new Error("no audit operation was inserted");
  return operation;
}

/** What an operation made of a finding. */
export interface OperationChange extends FindingKey {
  before: Decision;
  after: Decision;
}

export async function insertChanges(tx: Tx, operationId: number, changes: readonly OperationChange[]): Promise<void> {
  await sql`/* findings.insertAuditChanges */
    insert into audit_operation_change (operation_id, project_id, identity_id, vulnerability_id, before, after)
    select ${operationId}, x."projectId", x."identityId", x."vulnerabilityId", x.before, x.after
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
      as x("projectId" int, "identityId" int, "vulnerabilityId" int, before jsonb, after jsonb)`.execute(tx);
}

/** An operation, locked, so that it is undone once; undefined when there is none. */
export async function lockOperation(
  tx: Tx,
  uuid: string,
): Promise<{ id: number; reason: string; undone: boolean } | undefined> {
  const { rows } = await sql<{ id: number; reason: string; undone: boolean }>`/* findings.lockAuditOperation */
    select id, reason, undone_at is not null as undone from audit_operation where uuid = ${uuid} for update`.execute(
    tx,
  );
  return rows[0];
}

/** A change of an operation, with the names of its finding while there is one. */
export interface UndoneChange extends OperationChange, Partial<Omit<AuditedFinding, keyof FindingKey>> {
  visible: boolean;
}

/** What an operation changed, in key order; names are missing where component or vulnerability are gone. */
export async function changesOf(tx: Tx, scope: PortfolioScope, operationId: number): Promise<UndoneChange[]> {
  const { rows } = await sql<UndoneChange>`/* findings.auditChanges */
    select x.project_id as "projectId", x.identity_id as "identityId", x.vulnerability_id as "vulnerabilityId", x.before, x.after,
      c.uuid as "componentUuid", i.name, i.group_name as "group", i.version, i.purl, v.uuid as "vulnerabilityUuid",
      v.vuln_id as "vulnId", v.source, ${visibleProject(scope, sql.ref("x.project_id"))} as visible
    from audit_operation_change x
      left join component c on c.project_id = x.project_id and c.identity_id = x.identity_id
      left join component_identity i on i.id = x.identity_id left join vulnerability v on v.id = x.vulnerability_id
    where x.operation_id = ${operationId} order by 1, 2, 3`.execute(tx);
  return rows;
}

/** Tells what became of each change, and who undid the operation. */
export async function endOperation(
  tx: Tx,
  operationId: number,
  by: string,
  undone: readonly (FindingKey & { outcome: string })[],
): Promise<void> {
  await sql`/* findings.endAuditOperation */
    with told as (
      update audit_operation_change x set undone = u.outcome
      from jsonb_to_recordset(${JSON.stringify(undone)}::jsonb)
        as u("projectId" int, "identityId" int, "vulnerabilityId" int, outcome text)
      where x.operation_id = ${operationId} and x.project_id = u."projectId" and x.identity_id = u."identityId"
        and x.vulnerability_id = u."vulnerabilityId")
    update audit_operation set undone_at = now(), undone_by = ${by} where id = ${operationId}`.execute(tx);
}
