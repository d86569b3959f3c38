/** The statements behind `list-runs.ts`. */

import {
  behind,
  behindIn,
  conditions,
  filtersOf,
  hasVersion,
  inOrder,
  KEYS,
  keyOf,
  orderOf,
  RunListStatement,
  type Segment,
  segmentsOf,
} from "./list-runs-conditions.ts";
import type { RunListQuery, RunSort } from "./run-list-query.ts";
import { type RunSummary, SUMMARY_COLUMNS } from "./run-summary.ts";

const ACTIVE_INSTANCE = "i.status in ('CREATED', 'RUNNING', 'SUSPENDED')";

/** A `RunPosition` as a row has it. */
export interface Place {
  readonly positionKey: string;
  readonly positionSeq: number;
}

/** A listed run with its place in the list. */
export type ListedRow = RunSummary & Place;

/** Names a statement's candidates: over one index, at most `max` of them. */
export type CandidateSource = (statement: RunListStatement, max: number) => string;

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
  return (statement) => {
    const id = statement.bind(instanceId, "text");
    return `select i.id from wf_run i where i.instance_id = ${id} and i.finished_at is not null
    union all
    select i.id from wf_run i where i.instance_id = ${id} and ${ACTIVE_INSTANCE}`;
  };
}

/** Children have the labels of their root; they are looked for only if the roots alone are not too many already. */
function byLabel([name, value]: [string, string]): CandidateSource {
  return (statement, max) => `with root as materialized (
      select l.root_id as id from wf_label l
      where l.name = ${statement.bind(name, "text")} and l.value = ${statement.bind(value, "text")} order by l.root_id limit ${max})
    select t.id from root t
    union all
    select c.id from root t cross join lateral (
      select c.id from wf_run c where c.root_id = t.id and c.parent_id is not null and c.kind = 'workflow' offset 0) c
    where (select count(*) from root) < ${max}`;
}

function byOrder(sort: Exclude<RunSort, "id">): CandidateSource {
  return (statement, max) =>
    unionOf(
      statement,
      sort,
      (segment) => `select o.id from ${wanted(statement, segment)} cross join lateral (
      select r.id from wf_run r where ${inOrder(statement, segment)} order by ${segment.column}, r.seq limit ${max}) o`,
    );
}

/** A page out of at most `max` candidates with its exact total; if there are more, one row that only says so. */
export function candidatesSql(statement: RunListStatement, source: CandidateSource, max: number): string {
  const { query } = statement;
  return `/* engine.listRunCandidates */
with candidate as materialized (select x.id from (${source(statement, max + 1)}) x limit ${max + 1}),
size as (select count(*)::int as n from candidate),
matching as materialized (
  select f.id, f.key, f.seq from candidate c cross join lateral (
    select r.id, ${KEYS[query.sort]} as key, r.seq from wf_run r where r.id = c.id and ${conditions(statement)} offset 0) f
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
  const pageAndOne = query.limit + 1;
  const parts = walks(statement, (segment, from) => {
    const filters = filtersOf(statement, segment);
    return `select e.id, e.key, e.seq from ${from}(
    select i.id, i.key, i.seq from (
      select r.id, ${keyOf(segment)} as key, r.seq, ${filters ?? "true"} as fits from wf_run r
      where ${inOrder(statement, segment)} and ${behindIn(statement, segment)}
      order by ${orderOf(query, segment)} limit ${filters === null ? pageAndOne : examinedMax}) i
    where i.fits order by ${direction(query, "i")} limit ${pageAndOne}) e`;
  });
  return `/* engine.listRuns */
select ${SUMMARY_COLUMNS}, ${place(query, "p")} from (
  select e.id, e.key, e.seq from (${parts}) e order by ${direction(query, "e")} limit ${pageAndOne}) p join wf_run r on r.id = p.id
order by ${direction(query, "p")}`;
}

/** Where the first of the walks ended that looked at `examinedMax` rows; nothing if all came to their end. */
export function walkLimitSql(statement: RunListStatement, examinedMax: number): string {
  const { query } = statement;
  const parts = walks(
    statement,
    (segment, from) => `select e.key, e.seq from ${from}(
  select ${keyOf(segment)} as key, r.seq from wf_run r where ${inOrder(statement, segment)} and ${behindIn(statement, segment)}
  order by ${orderOf(query, segment)} limit 1 offset ${examinedMax - 1}) e`,
  );
  return `/* engine.listRunsLimit */ select ${place(query, "e")} from (${parts}) e order by ${direction(query, "e")} limit 1`;
}

/** How many runs fit among the first `max` and one that are looked at. */
export function totalSql(statement: RunListStatement, max: number): string {
  const sort = statement.query.sort === "id" ? "createdAt" : statement.query.sort;
  const parts = unionOf(
    statement,
    sort,
    (segment) => `select e.fits from ${wanted(statement, segment)} cross join lateral (
    select ${filtersOf(statement, segment) ?? "true"} as fits from wf_run r
    where ${inOrder(statement, segment)} limit ${max + 1}) e`,
  );
  return `/* engine.countListedRuns */
select count(*) filter (where x.fits)::int as matching, count(*)::int as examined from (select u.fits from (${parts}) u limit ${max + 1}) x`;
}

/** Whether rows in the order of the list must be looked at one by one. */
export function hasFilters(query: RunListQuery): boolean {
  const { sort } = query;
  const segments = sort === "id" ? [null] : segmentsOf(query, sort);
  return segments.some((segment) => filtersOf(new RunListStatement(query), segment) !== null);
}

function unionOf(
  statement: RunListStatement,
  sort: Exclude<RunSort, "id">,
  part: (segment: Segment) => string,
): string {
  return segmentsOf(statement.query, sort).map(part).join("\nunion all\n");
}

/** One part per segment, with what its walks repeat for; by id one walk for everything. */
function walks(statement: RunListStatement, part: (segment: Segment | null, from: string) => string): string {
  const { sort } = statement.query;
  if (sort === "id") return part(null, "");
  return unionOf(statement, sort, (segment) => part(segment, `${wanted(statement, segment)} cross join lateral `));
}

/** The pairs `w` of name and state asked for. The names there are, are found by jumping from one to the next in the index. */
function wanted(statement: RunListStatement, { held, statuses }: Segment): string {
  const { name, version } = statement.query;
  const states = `unnest(${statement.bind(statuses, "text[]")}) as s(status)`;
  if (name !== undefined)
    return `(select n.name, s.status from (select ${statement.bind(name, "text")} as name) n, ${states}) w`;
  const isHeld = `r.kind = 'workflow' and ${held}`;
  return `(with recursive known as (
    (select r.name from wf_run r where ${isHeld} order by r.name limit 1)
    union all
    select (select r.name from wf_run r where ${isHeld} and r.name > k.name order by r.name limit 1)
    from known k where k.name is not null
  ) select k.name, s.status from known k, ${states}
  where k.name is not null${version === undefined ? "" : ` and ${hasVersion(statement, "k.name", version)}`}) w`;
}

function direction(query: RunListQuery, alias: string): string {
  const way = query.descending ? "desc" : "asc";
  return `${alias}.key ${way}, ${alias}.seq ${way}`;
}

/** A position as text that sorts like the value and loses nothing of it. */
function place({ sort }: RunListQuery, alias: string): string {
  const key =
    sort === "id" ? `${alias}.key::text` : `to_char(${alias}.key at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return `${key} as "positionKey", ${alias}.seq::float8 as "positionSeq"`;
}
