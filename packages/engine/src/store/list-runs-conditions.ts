/** What a list of runs asks for, as conditions of its statements. Every condition on a run is written once, here. */
import type { RunListQuery, RunSort } from "./run-list-query.ts";
import type { RunStatus } from "./run-row.ts";

const STATUSES: readonly RunStatus[] = ["CREATED", "RUNNING", "SUSPENDED", "CANCELLED", "COMPLETED", "FAILED"];
const ENDED: readonly RunStatus[] = ["CANCELLED", "COMPLETED", "FAILED"];
const VERSION = "\\.v([1-9][0-9]?|100)$";
/** 2000 years. Who has not ended counts as ending so long after its creation: behind all that have, in the order of creation. */
const NEVER = "interval '17531640 hours'";

/** Sort values as every run has them. */
export const KEYS: Readonly<Record<RunSort, string>> = {
  id: "r.id",
  createdAt: "r.created_at",
  finishedAt: `coalesce(r.finished_at, r.created_at + ${NEVER})`,
};

/** States whose runs lie in the order of the list in one index. */
export interface Segment {
  readonly statuses: readonly RunStatus[];
  /** What the index holds, in its own words. */
  readonly held: string;
  readonly column: "r.created_at" | "r.finished_at";
  /** The sort value is the column's and NEVER. */
  readonly isLate: boolean;
}

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

function statusesOf(query: RunListQuery): readonly RunStatus[] {
  const asked = query.status === undefined ? STATUSES : [query.status];
  const onlyEnded = (query.finishedSinceMs ?? query.finishedBeforeMs) !== undefined;
  return onlyEnded ? asked.filter((status) => ENDED.includes(status)) : asked;
}

/** The segments that hold what is asked for, in the order of a list. */
export function segmentsOf(query: RunListQuery, sort: Exclude<RunSort, "id">): Segment[] {
  const asked = statusesOf(query);
  const isLate = sort === "finishedAt";
  const created = { column: "r.created_at", isLate } as const;
  const inCreated = isLate ? (["CREATED", "SUSPENDED"] as const) : STATUSES.filter((status) => status !== "RUNNING");
  const segments: Segment[] = [
    { ...created, held: "r.status <> 'RUNNING'", statuses: inCreated },
    { ...created, held: "r.status = 'RUNNING'", statuses: ["RUNNING"] },
    { column: "r.finished_at", isLate: false, held: "r.finished_at is not null", statuses: isLate ? ENDED : [] },
  ];
  return segments
    .map((segment) => ({ ...segment, statuses: segment.statuses.filter((status) => asked.includes(status)) }))
    .filter(({ statuses }) => statuses.length > 0);
}

/** Conditions the index of a segment answers, for a pair `w`. Nobody ends before being created: a bound of one narrows the other. */
export function inOrder(statement: RunListStatement, segment: Segment | null): string {
  if (segment === null) return "true";
  const { createdSinceMs, createdBeforeMs, finishedSinceMs, finishedBeforeMs } = statement.query;
  const { column } = segment;
  const isByEnd = column === "r.finished_at";
  const since = isByEnd ? [createdSinceMs, finishedSinceMs] : [createdSinceMs];
  const before = isByEnd ? [finishedBeforeMs] : [createdBeforeMs, finishedBeforeMs];
  return [
    `r.kind = 'workflow' and ${segment.held} and r.name = w.name and r.status = w.status`,
    ...since.flatMap((ms) => (ms === undefined ? [] : [`${column} >= ${time(statement, ms)}`])),
    ...before.flatMap((ms) => (ms === undefined ? [] : [`${column} < ${time(statement, ms)}`])),
  ].join(" and ");
}

/** Conditions left to be looked at row by row; null = none. */
export function filtersOf(statement: RunListStatement, segment: Segment | null): string | null {
  if (segment === null) return conditions(statement);
  const spans = spanOf(statement, segment.column === "r.finished_at" ? "created" : "finished");
  const filters = [...documentFilters(statement), ...spans];
  return filters.length === 0 ? null : `(${filters.join(" and ")})`;
}

/** Everything that is asked for. */
export function conditions(statement: RunListStatement): string {
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

/** See workflowVersionOf. */
export function hasVersion(statement: RunListStatement, column: string, version: number): string {
  return `coalesce(substring(${column} from '${VERSION}'), '1') = ${statement.bind(String(version), "text")}`;
}

function time(statement: RunListStatement, ms: number): string {
  return `to_timestamp(${statement.bind(ms, "float8")} / 1000)`;
}

/** Behind the page before, by the list's own sort values. */
export function behind(statement: RunListStatement, key: string, seq: string): string {
  const { after, sort, descending } = statement.query;
  if (after === undefined) return "true";
  const comparison = descending ? "<" : ">";
  if (sort === "id") return `${key} ${comparison} ${statement.bind(after.key, "uuid")}`;
  const bound = statement.bind(after.key, "timestamptz");
  return `(${key}, ${seq}) ${comparison} (${bound}, ${statement.bind(after.seq, "bigint")})`;
}

/** The same, so that the index of the segment finds the place. */
export function behindIn(statement: RunListStatement, segment: Segment | null): string {
  const { after, descending } = statement.query;
  if (segment === null || after === undefined) return behind(statement, "r.id", "r.seq");
  const bound = `${statement.bind(after.key, "timestamptz")}${segment.isLate ? ` - ${NEVER}` : ""}`;
  return `(${segment.column}, r.seq) ${descending ? "<" : ">"} (${bound}, ${statement.bind(after.seq, "bigint")})`;
}

/** The sort value of a segment's rows; by id, of all rows. */
export function keyOf(segment: Segment | null): string {
  if (segment === null) return "r.id";
  return segment.isLate ? `${segment.column} + ${NEVER}` : segment.column;
}

/** The order of the list as the index of the segment has it. */
export function orderOf(query: RunListQuery, segment: Segment | null): string {
  const way = query.descending ? "desc" : "asc";
  return segment === null ? `r.id ${way}` : `${segment.column} ${way}, r.seq ${way}`;
}
