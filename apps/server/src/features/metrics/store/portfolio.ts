import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../projects/index.ts";
import type { SnapshotRow } from "./snapshots.ts";

/** Sums over projects on one day. */
export interface PortfolioRow extends SnapshotRow {
  projects: number;
  vulnerable_projects: number;
}

const SUMMED = [
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
] as const;

/**
 * Sums per UTC day over the active projects a scope sees, oldest day first, today last: `days` + 1 rows.
 *
 * A snapshot holds until the next one of its project. Adding it on its day, taking it away on that one's, and then summing from
 * day to day reads every snapshot once; looking up each project on each day would not. The score is rounded, because adding
 * and taking away floats leaves dust.
 */
export async function sumByDay(db: Db, scope: PortfolioScope, days: number): Promise<PortfolioRow[]> {
  const { rows } = await sql<PortfolioRow>`/* metrics.sumByDay */
    with span as (select (now() at time zone 'UTC')::date - ${days}::int as first, (now() at time zone 'UTC')::date as last),
    counted as (
      select p.id, greatest((p.created_at at time zone 'UTC')::date, first) as day from project p, span
      where p.inactive_since is null and p.collection_logic is null and ${visibleProject(scope, sql.ref("p.id"))}),
    snapshot as (
      select m.*, first as since from counted c, span cross join lateral
        (select * from project_metrics where project_id = c.id and day <= first order by day desc limit 1) m
      union all
      select m.*, m.day as since from span, counted c join project_metrics m on m.project_id = c.id where m.day > first),
    held as (select s.*, lead(since) over (partition by project_id order by since) as until from snapshot s),
    changed as (
      select edge.day, max(last_occurrence) filter (where sign = 1) as last_occurrence,
        ${listed((name) => sql`sum(sign * ${name}) as ${name}`)},
        sum(sign * (vulnerabilities > 0)::int) as vulnerable_projects, sum(sign * inherited_risk_score) as inherited_risk_score
      from held cross join lateral (values (since, 1), (until, -1)) as edge(day, sign) where edge.day is not null group by 1),
    arrived as (select day, count(*) as projects from counted group by 1)
    select start as first_occurrence, greatest(start, last_occurrence) as last_occurrence,
      ${listed((name) => sql`coalesce(sum(${name}) over until_then, 0)::int8 as ${name}`)},
      coalesce(sum(vulnerable_projects) over until_then, 0)::int8 as vulnerable_projects,
      round(coalesce(sum(inherited_risk_score) over until_then, 0)::numeric, 3)::float8 as inherited_risk_score,
      coalesce(sum(projects) over until_then, 0)::int8 as projects
    from span cross join lateral generate_series(0, last - first) n
      cross join lateral (select first + n as day, (first + n)::timestamp at time zone 'UTC' as start) d
      left join changed using (day) left join arrived using (day)
    window until_then as (order by day) order by day`.execute(db);
  return rows;
}

function listed(part: (name: ReturnType<typeof sql.ref>) => ReturnType<typeof sql>) {
  return sql.join(SUMMED.map((name) => part(sql.ref(name))));
}

/** Row ids of projects that have numbers of their own – active ones that are no collections – ascending. */
export async function countedProjects(db: Db, afterId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`/* metrics.countedProjects */
    select id from project where id > ${afterId} and inactive_since is null and collection_logic is null
    order by id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}
