/** The statements behind `list-runs.ts`. Every condition on a run is written once, here. */
import type { RunListQuery, RunSort } from "./list-runs.ts";
import type { RunStatus } from "./run-row.ts";
import { type RunSummary, SUMMARY_COLUMNS } from "./run-summary.ts";

const STATUSES: readonly RunStatus[] = ["CREATED", "RUNNING", "SUSPENDED", "CANCELLED", "COMPLETED", "FAILED"];
const ENDED: readonly RunStatus[] = ["CANCELLED", "COMPLETED", "FAILED"];
const VERSION = "\\.v([1-9][0-9]?|100)$";

/** The third column of an order is what the index holds; `id` needs no tie-break. */
const SORTS = {
  id: { key: "r.id", type: "uuid" },
  createdAt: { key: "r.created_at", type: "timestamptz" },
  finishedAt: { key: "coalesce(r.finished_at, 'infinity'::timestamptz)", type: "timestamptz" },
} as const satisfies Record<RunSort, { key: string; type: string }>;

/** A `RunPosition` as a row has it. */
export interface Place {
  readonly positionKey: string;
  readonly positionSeq: number;
}

/** A listed run with its place in the list. */
export type ListedRow = RunSummary & Place;

/** Names a statement's candidates: over one index, at most `max` of them. */
export type CandidateSource = (statement: RunListStatement, max: number) => string;

/** Text and values of one statement grow together. */
export class RunListStatement {
  readonly query: RunListQuery;
  readonly values: unknown[] = [];

  constructor(query: RunListQuery) {
    this.query = query;
  }

  bind(value: unknown, type: string): string {
    return `$${this.values.push(value)}::${type}`;
  }
}

/** The version in a workflow's name: `import-bom.v2` has 2, a name without one 1. */
export function workflowVersionOf(name: string): number {
  return Number(new RegExp(VERSION).exec(name)?.[1] ?? 1);
}

/** No run can fit what is asked for. */
export function isImpossible(query: RunListQuery): boolean {
  const { name, version } = query;
  if (statusesOf(query).length === 0) return true;
  return name !== undefined && version !== undefined && workflowVersionOf(name) !== version;
}

/** Ways to few runs, where the order of the list alone does not lead there. */
export function candidateSources(query: RunListQuery): CandidateSource[] {
  const { instanceId, sort } = query;
  const asksForTime = (query.createdSinceMs ?? query.createdBeforeMs) !== undefined;
  const asksForEnd = (query.finishedSinceMs ?? query.finishedBeforeMs) !== undefined;
  const asksForNames = (query.name ?? query.version ?? query.status) !== undefined;
  return [
    ...(instanceId === undefined ? [] : [byInstance(instanceId)]),
    ...Object.entries(query.labels ?? {}).map(byLabel),
    ...(sort !== "finishedAt" && asksForEnd ? [byOrder("finishedAt")] : []),
    ...(sort === "finishedAt" && asksForTime ? [byOrder("createdAt")] : []),
    ...(sort === "id" && (asksForTime || asksForNames) ? [byOrder("createdAt")] : []),
  ];
}

function byInstance(instanceId: string): CandidateSource {
  return (statement) => `select i.id from wf_run i where i.instance_id = ${statement.bind(instanceId, "text")}`;
}

function byLabel([name, value]: [string, string]): CandidateSource {
  return (statement, max) => `select t.id from (
      select l.root_id from wf_label l
      where l.name = ${statement.bind(name, "text")} and l.value = ${statement.bind(value, "text")}
      order by l.root_id limit ${max}) l
    cross join lateral (
      select l.root_id as id
      union all
      select c.id from wf_run c where c.root_id = l.root_id and c.parent_id is not null and c.kind = 'workflow' offset 0) t`;
}

function byOrder(sort: RunSort): CandidateSource {
  return (statement, max) => `select o.id from ${wanted(statement)} cross join lateral (
      select r.id from wf_run r where ${inOrder(statement, sort)} order by ${SORTS[sort].key}, r.seq limit ${max}) o`;
}

/** A page out of at most `max` candidates with its exact total; if there are more, one row that only says so. */
export function candidatesSql(statement: RunListStatement, source: CandidateSource, max: number): string {
  const { query } = statement;
  const { key } = SORTS[query.sort];
  return `/* engine.listRunCandidates */
with candidate as materialized (select x.id from (${source(statement, max + 1)}) x limit ${max + 1}),
size as (select count(*)::int as n from candidate),
matching as materialized (
  select f.id, f.key, f.seq from candidate c cross join lateral (
    select r.id, ${key} as key, r.seq from wf_run r where r.id = c.id and ${conditions(statement)} offset 0) f
  where (select n from size) <= ${max}
)
select s.n as candidates, (select count(*)::int from matching) as total, p.*
from size s left join lateral (
  select ${SUMMARY_COLUMNS}, ${place(query, "m")} from (
    select m.id, m.key, m.seq from matching m where ${behind(statement, "m.key", "m.seq")}
    order by ${direction(query, "m")} limit ${query.limit + 1}) m join wf_run r on r.id = m.id
  order by ${direction(query, "m")}) p on true`;
}

/** The first rows of each name and state, merged; one more than the page holds. */
export function walkSql(statement: RunListStatement, examinedMax: number): string {
  const { query } = statement;
  const { key } = SORTS[query.sort];
  const filters = filtersOf(statement, query.sort);
  return `/* engine.listRuns */
select ${SUMMARY_COLUMNS}, ${place(query, "p")} from (
  select e.id, e.key, e.seq from ${walked(statement)} cross join lateral (
    select i.id, i.key, i.seq from (
      select r.id, ${key} as key, r.seq, ${filters ?? "true"} as fits from wf_run r
      where ${inOrder(statement, query.sort)} and ${behind(statement, key, "r.seq")}
      order by ${orderOf(query)} limit ${filters === null ? query.limit + 1 : examinedMax}) i
    where i.fits order by ${direction(query, "i")} limit ${query.limit + 1}) e
  order by ${direction(query, "e")} limit ${query.limit + 1}) p join wf_run r on r.id = p.id
order by ${direction(query, "p")}`;
}

/** Where the first of the walks ended that looked at `examinedMax` rows; nothing if all came to their end. */
export function walkLimitSql(statement: RunListStatement, examinedMax: number): string {
  const { query } = statement;
  const { key } = SORTS[query.sort];
  return `/* engine.listRunsLimit */
select ${place(query, "e")} from ${walked(statement)} cross join lateral (
  select ${key} as key, r.seq from wf_run r where ${inOrder(statement, query.sort)} and ${behind(statement, key, "r.seq")}
  order by ${orderOf(query)} limit 1 offset ${examinedMax - 1}) e
order by ${direction(query, "e")} limit 1`;
}

/** How many runs fit among the first `max` and one that are looked at. */
export function totalSql(statement: RunListStatement, max: number): string {
  const sort = statement.query.sort === "id" ? "createdAt" : statement.query.sort;
  return `/* engine.countListedRuns */
select count(*) filter (where x.fits)::int as matching, count(*)::int as examined from (
  select e.fits from ${wanted(statement)} cross join lateral (
    select ${filtersOf(statement, sort) ?? "true"} as fits from wf_run r where ${inOrder(statement, sort)} limit ${max + 1}) e
  limit ${max + 1}) x`;
}

/** Whether rows in the order of the list must be looked at one by one. */
export function hasFilters(query: RunListQuery): boolean {
  return filtersOf(new RunListStatement(query), query.sort) !== null;
}

function statusesOf(query: RunListQuery): readonly RunStatus[] {
  const asked = query.status === undefined ? STATUSES : [query.status];
  const onlyEnded = (query.finishedSinceMs ?? query.finishedBeforeMs) !== undefined;
  return onlyEnded ? asked.filter((status) => ENDED.includes(status)) : asked;
}

/** The pairs `w` of name and state asked for. Names there are, are found by jumping from one to the next in the index. */
function wanted(statement: RunListStatement): string {
  const { name, version } = statement.query;
  const statuses = `unnest(${statement.bind(statusesOf(statement.query), "text[]")}) as s(status)`;
  if (name !== undefined)
    return `(select n.name, s.status from (select ${statement.bind(name, "text")} as name) n, ${statuses}) w`;
  return `(with recursive known as (
    (select r.name from wf_run r where r.kind = 'workflow' order by r.name limit 1)
    union all
    select (select r.name from wf_run r where r.kind = 'workflow' and r.name > k.name order by r.name limit 1)
    from known k where k.name is not null
  ) select k.name, s.status from known k, ${statuses}
  where k.name is not null${version === undefined ? "" : ` and ${hasVersion(statement, "k.name", version)}`}) w`;
}

/** What a walk repeats for; by id there is one order for all. */
function walked(statement: RunListStatement): string {
  return statement.query.sort === "id" ? "(select) w" : wanted(statement);
}

/** Conditions an index in that order answers, for a pair `w`. Nobody ends before being created: a bound of one narrows the other. */
function inOrder(statement: RunListStatement, sort: RunSort): string {
  if (sort === "id") return "true";
  const { createdSinceMs, createdBeforeMs, finishedSinceMs, finishedBeforeMs } = statement.query;
  const { key } = SORTS[sort];
  const since = sort === "createdAt" ? [createdSinceMs] : [createdSinceMs, finishedSinceMs];
  const before = sort === "createdAt" ? [createdBeforeMs, finishedBeforeMs] : [finishedBeforeMs];
  return [
    "r.kind = 'workflow' and r.name = w.name and r.status = w.status",
    ...since.flatMap((ms) => (ms === undefined ? [] : [`${key} >= ${time(statement, ms)}`])),
    ...before.flatMap((ms) => (ms === undefined ? [] : [`${key} < ${time(statement, ms)}`])),
  ].join(" and ");
}

/** Conditions left to be looked at row by row in that order; null = none. */
function filtersOf(statement: RunListStatement, sort: RunSort): string | null {
  if (sort === "id") return conditions(statement);
  const spans = sort === "createdAt" ? spanOf(statement, "finished") : spanOf(statement, "created");
  const filters = [...documentFilters(statement), ...spans];
  return filters.length === 0 ? null : `(${filters.join(" and ")})`;
}

/** Everything that is asked for. */
function conditions(statement: RunListStatement): string {
  const { name, version, status } = statement.query;
  return `(${[
    "r.kind = 'workflow'",
    ...(name === undefined ? [] : [`r.name = ${statement.bind(name, "text")}`]),
    ...(version === undefined ? [] : [hasVersion(statement, "r.name", version)]),
    ...(status === undefined ? [] : [`r.status = ${statement.bind(status, "text")}`]),
    ...documentFilters(statement),
    ...spanOf(statement, "created"),
    ...spanOf(statement, "finished"),
  ].join(" and ")})`;
}

function documentFilters(statement: RunListStatement): string[] {
  const { instanceId, labels = {} } = statement.query;
  return [
    ...(instanceId === undefined ? [] : [`r.instance_id = ${statement.bind(instanceId, "text")}`]),
    ...(Object.keys(labels).length === 0 ? [] : [`r.labels @> ${statement.bind(JSON.stringify(labels), "jsonb")}`]),
  ];
}

/** Comparisons with a null are null: who has not ended fits no span of ends. */
function spanOf(statement: RunListStatement, what: "created" | "finished"): string[] {
  const { query } = statement;
  const since = what === "created" ? query.createdSinceMs : query.finishedSinceMs;
  const before = what === "created" ? query.createdBeforeMs : query.finishedBeforeMs;
  return [
    ...(since === undefined ? [] : [`r.${what}_at >= ${time(statement, since)}`]),
    ...(before === undefined ? [] : [`r.${what}_at < ${time(statement, before)}`]),
  ];
}

function hasVersion(statement: RunListStatement, column: string, version: number): string {
  return `coalesce(substring(${column} from '${VERSION}'), '1') = ${statement.bind(String(version), "text")}`;
}

function time(statement: RunListStatement, ms: number): string {
  return `to_timestamp(${statement.bind(ms, "float8")} / 1000)`;
}

function behind(statement: RunListStatement, key: string, seq: string): string {
  const { after, sort, descending } = statement.query;
  if (after === undefined) return "true";
  const comparison = descending ? "<" : ">";
  const bound = statement.bind(after.key, SORTS[sort].type);
  if (sort === "id") return `${key} ${comparison} ${bound}`;
  return `(${key}, ${seq}) ${comparison} (${bound}, ${statement.bind(after.seq, "bigint")})`;
}

function orderOf(query: RunListQuery): string {
  const way = query.descending ? "desc" : "asc";
  const { key } = SORTS[query.sort];
  return query.sort === "id" ? `${key} ${way}` : `${key} ${way}, r.seq ${way}`;
}

function direction(query: RunListQuery, alias: string): string {
  const way = query.descending ? "desc" : "asc";
  return `${alias}.key ${way}, ${alias}.seq ${way}`;
}

/** A position as text that sorts like the value and loses nothing of it. */
function place({ sort }: RunListQuery, alias: string): string {
  const micros = `to_char(${alias}.key at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const text =
    sort === "id" ? `${alias}.key::text` : `case when ${alias}.key = 'infinity' then 'infinity' else ${micros} end`;
  return `${text} as "positionKey", ${alias}.seq::float8 as "positionSeq"`;
}
