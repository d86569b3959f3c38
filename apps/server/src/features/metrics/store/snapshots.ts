import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { isKnownExploited } from "../../vulnerabilities/index.ts";
import { isAudited } from "./audit-state.ts";

/**
 * Counts of one project. A vulnerability counts once per component and alias group, with the highest severity of what is not suppressed;
 * `unassigned` includes INFO. `suppressed` are findings, each by itself.
 */
export interface Counts {
  projectId: number;
  components: number;
  vulnerableComponents: number;
  vulnerabilities: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
  unassigned: number;
  suppressed: number;
  /** Of the vulnerabilities. */
  audited: number;
  /** Of the vulnerabilities: those known to be exploited, by any of their names. */
  kev: number;
}

/** Counts projects as they are now; projects that do not exist are missing from the answer. */
export async function countProjects(db: Db, projectIds: readonly number[]): Promise<Counts[]> {
  const { rows } = await sql<Counts>`/* metrics.countProjects */
    with exploited as materialized (
      select v.id from (
          select distinct m.vulnerability_id from component c join vulnerability_match m on m.identity_id = c.identity_id
          where c.project_id = any(${[...projectIds]}::int[])) d
        join vulnerability v on v.id = d.vulnerability_id
      where ${isKnownExploited}),
    f as (
      select c.project_id, c.identity_id, coalesce(a.group_id::text, v.id::text) as vulnerability,
        bool_or(x.id is not null and fa.suppressed is not true) as kev,
        max(m.severity) filter (where fa.suppressed is not true) as severity,
        count(*) filter (where fa.suppressed) as suppressed, bool_or(${isAudited}) as audited
      from component c join vulnerability_match m on m.identity_id = c.identity_id
        join vulnerability v on v.id = m.vulnerability_id
        left join vulnerability_alias a on a.vuln_id = v.vuln_id and a.source = v.source
        left join finding_analysis fa on fa.project_id = c.project_id and fa.identity_id = c.identity_id
          and fa.vulnerability_id = m.vulnerability_id
        left join exploited x on x.id = m.vulnerability_id
      where c.project_id = any(${[...projectIds]}::int[]) group by 1, 2, 3),
    counted as (
      select project_id, count(severity) as vulnerabilities,
        count(distinct identity_id) filter (where severity is not null) as vulnerable,
        count(*) filter (where severity = 5) as critical, count(*) filter (where severity = 4) as high,
        count(*) filter (where severity = 3) as medium, count(*) filter (where severity = 2) as low,
        count(*) filter (where severity < 2) as unassigned, sum(suppressed)::int as suppressed,
        count(*) filter (where audited) as audited, count(*) filter (where kev) as kev
      from f group by 1)
    select p.id as "projectId", (select count(*) from component c where c.project_id = p.id) as components,
      coalesce(vulnerable, 0) as "vulnerableComponents", coalesce(vulnerabilities, 0) as vulnerabilities,
      coalesce(critical, 0) as critical, coalesce(high, 0) as high, coalesce(medium, 0) as medium,
      coalesce(low, 0) as low, coalesce(unassigned, 0) as unassigned, coalesce(suppressed, 0) as suppressed,
      coalesce(audited, 0) as audited, coalesce(kev, 0) as kev
    from project p left join counted x on x.project_id = p.id
    where p.id = any(${[...projectIds]}::int[]) order by p.id`.execute(db);
  return rows;
}

/** What makes a snapshot another one. */
const COUNTED = [
  "components",
  "vulnerable_components",
  "vulnerabilities",
  "critical",
  "high",
  "medium",
  "low",
  "unassigned",
  "kev",
  "suppressed",
  "findings_total",
  "findings_audited",
  "findings_unaudited",
  "inherited_risk_score",
] as const;

/** Writes today's snapshots; where nothing changed since the last one of the day only its last occurrence moves on. */
export async function writeSnapshots(tx: Tx, rows: readonly (Counts & { riskScore: number })[]): Promise<void> {
  const names = sql.join(COUNTED.map((name) => sql.ref(name)));
  const of = (table: string) => sql.join(COUNTED.map((name) => sql.ref(`${table}.${name}`)));
  const assignments = sql.join(COUNTED.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`));
  await sql`/* metrics.writeSnapshots */
    insert into project_metrics as m (project_id, day, first_occurrence, last_occurrence, ${names})
    select x."projectId", (now() at time zone 'UTC')::date, now(), now(), x.components, x."vulnerableComponents", x.vulnerabilities,
      x.critical, x.high, x.medium, x.low, x.unassigned, x.kev, x.suppressed, x.vulnerabilities, x.audited,
      x.vulnerabilities - x.audited, x."riskScore"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x("projectId" int, components int, "vulnerableComponents" int,
      vulnerabilities int, critical int, high int, medium int, low int, unassigned int, kev int, suppressed int, audited int, "riskScore" float8)
    order by 1
    on conflict (project_id, day) do update set
      first_occurrence = case when (${of("m")}) is distinct from (${of("excluded")})
        then excluded.first_occurrence else m.first_occurrence end,
      last_occurrence = excluded.last_occurrence, ${assignments}`.execute(tx);
}

/** A snapshot as it is stored. */
export interface SnapshotRow {
  first_occurrence: Date;
  last_occurrence: Date;
  components: number;
  vulnerable_components: number;
  vulnerabilities: number;
  critical: number;
  high: number;
  medium: number;
  low: number;
  unassigned: number;
  kev: number;
  suppressed: number;
  findings_total: number;
  findings_audited: number;
  findings_unaudited: number;
  inherited_risk_score: number;
}

/** Snapshots of a project from a day on, oldest first. */
export async function snapshotsSince(db: Db, projectId: number, since: Date, limit: number): Promise<SnapshotRow[]> {
  const { rows } = await sql<SnapshotRow>`/* metrics.since */
    select * from project_metrics where project_id = ${projectId} and last_occurrence >= ${since} order by day limit ${limit}`.execute(
    db,
  );
  return rows;
}

/** The newest snapshot of each project; projects never counted are missing from the answer. */
export async function newestSnapshots(
  db: Db,
  projectIds: readonly number[],
): Promise<(SnapshotRow & { project_id: number })[]> {
  const { rows } = await sql<SnapshotRow & { project_id: number }>`/* metrics.newest */
    select m.* from unnest(${[...projectIds]}::int[]) as wanted(id)
      cross join lateral (select * from project_metrics where project_id = wanted.id order by day desc limit 1) m`.execute(
    db,
  );
  return rows;
}
