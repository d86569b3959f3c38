import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { epssOfVulnerability, isKnownExploited } from "../../vulnerabilities/index.ts";

/** Columns findings of a project are sorted by; each ends in a key that makes the order total. */
export const FINDING_ORDERS = {
  severity: sql`m.severity`,
  vulnId: sql`v.vuln_id`,
  cvss: sql`m.cvss`,
  published: sql`m.published`,
  title: sql`coalesce(v.title, '')`,
  epss: sql`coalesce(e.score, -1)`,
  componentName: sql`i.name`,
  componentGroup: sql`coalesce(i.group_name, '')`,
  componentVersion: sql`coalesce(i.version, '')`,
  attributedOn: sql`greatest(c.first_seen, m.first_seen)`,
} as const satisfies Record<string, RawBuilder<unknown>>;

export type FindingOrder = keyof typeof FINDING_ORDERS;

/** A finding with what was decided about it; the state is null where nobody looked. */
export interface FindingRow {
  vulnerabilityId: number;
  identityId: number;
  componentUuid: string;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  cpe: string | null;
  scope: string | null;
  attributedOn: Date;
  /** Names of the analyzers that report it; `internal` comes first. */
  analyzers: string[];
  state: string | null;
  justification: string | null;
  response: string | null;
  details: string | null;
  suppressed: boolean;
  owaspVector: string | null;
  owaspScore: number | null;
}

/** What findings are narrowed by; all given ones must hold. */
export interface FindingFilter {
  searchText: string | undefined;
  source: string | undefined;
  /** Whether suppressed findings are listed, too. */
  withSuppressed: boolean;
  /** Only those that were looked at, or only the others. */
  hasAnalysis: boolean | undefined;
  /** Only those listed as known to be exploited, or only the others. */
  isKev?: boolean | undefined;
  /** Bounds of the EPSS score, included; a finding without a score is within none. */
  epssFrom?: number | undefined;
  epssTo?: number | undefined;
}

interface ListOptions extends FindingFilter {
  projectId: number;
  order: FindingOrder;
  descending: boolean;
  offset: number;
  limit: number;
}

/** Columns of a FindingRow. */
export const findingColumns = sql`m.vulnerability_id as "vulnerabilityId", m.identity_id as "identityId", c.uuid as "componentUuid",
  i.name, i.group_name as "group", i.version, i.purl, i.cpe, i.scope,
  greatest(c.first_seen, m.first_seen) as "attributedOn", m.analyzers, a.state, a.justification, a.response, a.details,
  coalesce(a.suppressed, false) as suppressed, a.owasp_vector as "owaspVector", a.owasp_score as "owaspScore"`;

/** Looked up only where a statement asks for it: once for each finding. */
const epssJoined = sql`left join ${epssOfVulnerability} e on true`;

function readsEpss({ epssFrom, epssTo }: FindingFilter): boolean {
  return epssFrom !== undefined || epssTo !== undefined;
}

/** One page of a project's findings and their total: driven from the project's components (decision 0004). */
export async function listProjectFindings(
  db: Db,
  options: ListOptions,
): Promise<{ rows: FindingRow[]; total: number }> {
  const direction = options.descending ? sql`desc` : sql`asc`;
  const matching = conditions(options);
  const { rows } = await sql<FindingRow & { total: number }>`/* findings.listProject */
    with c as materialized (select identity_id, uuid, first_seen from component where project_id = ${options.projectId})
    select ${findingColumns}, count(*) over () as total
    from c join vulnerability_match m on m.identity_id = c.identity_id
      join component_identity i on i.id = c.identity_id
      join vulnerability v on v.id = m.vulnerability_id
      left join finding_analysis a on a.project_id = ${options.projectId} and a.identity_id = m.identity_id
        and a.vulnerability_id = m.vulnerability_id
      ${options.order === "epss" || readsEpss(options) ? epssJoined : sql``}
    where ${matching}
    order by ${FINDING_ORDERS[options.order]} ${direction}, v.vuln_id, v.source, i.name, m.identity_id
    offset ${options.offset} limit ${options.limit}`.execute(db);
  const [first] = rows;
  if (first !== undefined || options.offset === 0) return { rows, total: first?.total ?? 0 };
  return { rows, total: await countProjectFindings(db, options, matching) };
}

/** Beyond the last page there is no row that could carry the total. */
async function countProjectFindings(db: Db, options: ListOptions, matching: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ total: number }>`/* findings.countProject */
    select count(*) as total from component c join vulnerability_match m on m.identity_id = c.identity_id
      join component_identity i on i.id = c.identity_id join vulnerability v on v.id = m.vulnerability_id
      left join finding_analysis a on a.project_id = c.project_id and a.identity_id = m.identity_id
        and a.vulnerability_id = m.vulnerability_id
      ${readsEpss(options) ? epssJoined : sql``}
    where c.project_id = ${options.projectId} and ${matching}`.execute(db);
  return rows[0]?.total ?? 0;
}

const UUIDS = /^([0-9a-f-]{36})(?::([0-9a-f-]{36}))?$/i;

/** Text is looked for in names and vulnerability ids; a UUID is that of a component or vulnerability, two are both. */
function conditions(filter: FindingFilter): RawBuilder<unknown> {
  const { searchText, source, withSuppressed, hasAnalysis, isKev, epssFrom, epssTo } = filter;
  const parts = [
    ...(searchText === undefined ? [] : [searchCondition(searchText)]),
    ...(source === undefined ? [] : [sql`v.source = ${source}`]),
    ...(withSuppressed ? [] : [sql`a.suppressed is not true`]),
    ...(hasAnalysis === undefined ? [] : [sql`(coalesce(a.state, 'NOT_SET') <> 'NOT_SET') = ${hasAnalysis}`]),
    ...(isKev === undefined ? [] : [isKev ? isKnownExploited : sql`not ${isKnownExploited}`]),
    // Scores are kept as real: as another type 0.1 would be another number.
    ...(epssFrom === undefined ? [] : [sql`e.score >= ${epssFrom}::real`]),
    ...(epssTo === undefined ? [] : [sql`e.score <= ${epssTo}::real`]),
  ];
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `);
}

function searchCondition(searchText: string): RawBuilder<unknown> {
  const [, first, second] = UUIDS.exec(searchText) ?? [];
  if (second !== undefined)
    return sql`(c.uuid::text = ${first?.toLowerCase()} and v.uuid::text = ${second.toLowerCase()})`;
  if (first !== undefined) return sql`${first.toLowerCase()} in (c.uuid::text, v.uuid::text)`;
  const text = `%${searchText.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql`(lower(i.name) like ${text} or lower(i.group_name) like ${text} or lower(v.vuln_id) like ${text})`;
}

/** Where a walk through findings goes on: after this one. */
export interface FindingPlace {
  identityId: number;
  vulnerabilityId: number;
}

/** Whether a component of this identity is affected by the vulnerability. */
export async function isMatched(db: Db, { identityId, vulnerabilityId }: FindingPlace): Promise<boolean> {
  const { rows } = await sql`/* findings.isMatched */
    select 1 from vulnerability_match
    where vulnerability_id = ${vulnerabilityId} and identity_id = ${identityId}`.execute(db);
  return rows.length > 0;
}

/** The findings of a project that follow `after`, by component and vulnerability. */
export async function findingsAfter(
  db: Db,
  { projectId, filter }: { projectId: number; filter: FindingFilter },
  after: FindingPlace,
  limit: number,
): Promise<FindingRow[]> {
  const { rows } = await sql<FindingRow>`/* findings.after */
    select ${findingColumns} from component c join vulnerability_match m on m.identity_id = c.identity_id
      join component_identity i on i.id = c.identity_id
      join vulnerability v on v.id = m.vulnerability_id
      left join finding_analysis a on a.project_id = c.project_id and a.identity_id = m.identity_id
        and a.vulnerability_id = m.vulnerability_id
      ${readsEpss(filter) ? epssJoined : sql``}
    where c.project_id = ${projectId} and c.identity_id >= ${after.identityId}
      and (m.identity_id, m.vulnerability_id) > (${after.identityId}, ${after.vulnerabilityId})
      and ${conditions(filter)}
    order by m.identity_id, m.vulnerability_id limit ${limit}`.execute(db);
  return rows;
}
