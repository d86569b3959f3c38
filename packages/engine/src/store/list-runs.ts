/**
 * Pages of workflow runs by id, creation or end. However many runs there are, a page reads a bounded number of rows, in one of
 * two ways:
 *
 *   candidates  something narrow is asked for (an instance id, a label, a span of time): some thousand runs are
 *               collected over its index, then filtered and sorted
 *   walk        within a name and state the rows of an index lie in the order of the list; the first ones of each are merged.
 *               What has no index is looked at on the way, for some thousand rows of each name and state. A page that ends
 *               there may be short; its `next` says where to go on
 */
import type { SqlExecutor } from "./database.ts";
import { isImpossible, RunListStatement } from "./list-runs-conditions.ts";
import {
  type CandidateSource,
  candidateSources,
  candidatesSql,
  hasFilters,
  type ListedRow,
  type Place,
  totalSql,
  walkLimitSql,
  walkSql,
} from "./list-runs-sql.ts";
import type { RunListQuery, RunPosition } from "./run-list-query.ts";
import type { RunSummary } from "./run-summary.ts";

/** One page. */
export interface RunListPage {
  readonly runs: RunSummary[];
  /** Null on the last page. Any other page may be short. */
  readonly next: RunPosition | null;
  /** Runs of all pages; not exact: at least so many. */
  readonly total: { readonly count: number; readonly exact: boolean };
}

/** Most runs per page. */
export const RUN_PAGE_MAX = 1000;

/** How much one page may read. */
export interface ListBounds {
  /** So many runs are collected and sorted, or counted. */
  readonly candidatesMax: number;
  /** Rows looked at per name and state where a filter has no index. */
  readonly examinedMax: number;
  /** The same by id, where one order holds all names and states. */
  readonly examinedByIdMax: number;
}

/** A page reads tens of thousands of rows at worst, and about as many as it shows in most cases. */
export const LIST_BOUNDS: ListBounds = { candidatesMax: 10_000, examinedMax: 4000, examinedByIdMax: 20_000 };

/** One page of workflow runs; activities are not among them. */
export async function listRunsPage(
  executor: SqlExecutor,
  asked: RunListQuery,
  bounds: ListBounds = LIST_BOUNDS,
): Promise<RunListPage> {
  const query = { ...asked, limit: Math.min(asked.limit, RUN_PAGE_MAX) };
  if (isImpossible(query)) return { runs: [], next: null, total: { count: 0, exact: true } };
  for (const source of candidateSources(query)) {
    const page = await pageOfCandidates(executor, query, source, bounds.candidatesMax);
    if (page) return page;
  }
  return walk(executor, query, bounds);
}

/** Null when there are too many candidates. */
async function pageOfCandidates(
  executor: SqlExecutor,
  query: RunListQuery,
  source: CandidateSource,
  max: number,
): Promise<RunListPage | null> {
  const statement = new RunListStatement(query);
  const text = candidatesSql(statement, source, max);
  const { rows } = await executor.query<Counted>(text, statement.values);
  const [first] = rows;
  if (!first || first.candidates > max) return null;
  const listed = rows.flatMap(({ candidates: _candidates, total: _total, ...row }) => (isListed(row) ? [row] : []));
  return { ...pageOf(listed, query, undefined), total: { count: first.total, exact: true } };
}

/** Without a run on this page, all columns of one are null. */
type Counted = { candidates: number; total: number } & (ListedRow | { id: null });

function isListed(row: ListedRow | { id: null }): row is ListedRow {
  return row.id !== null;
}

async function walk(executor: SqlExecutor, query: RunListQuery, bounds: ListBounds): Promise<RunListPage> {
  const examinedMax = query.sort === "id" ? bounds.examinedByIdMax : bounds.examinedMax;
  const { candidatesMax } = bounds;
  const rows = await ask<ListedRow>(executor, query, (statement) => walkSql(statement, examinedMax));
  // Of several walks any may have stopped short of a run that belongs on this page; a single one has not if the page is full.
  const mayHaveStopped = hasFilters(query) && (query.sort !== "id" || rows.length <= query.limit);
  const [stop] = mayHaveStopped
    ? await ask<Place>(executor, query, (statement) => walkLimitSql(statement, examinedMax))
    : [];
  const [total] = await ask<Total>(executor, query, (statement) => totalSql(statement, candidatesMax));
  const page = pageOf(rows, query, stop);
  const { matching, examined } = total ?? { matching: 0, examined: 0 };
  const count = Math.max(Math.min(matching, candidatesMax), page.runs.length);
  return { ...page, total: { count, exact: examined <= candidatesMax } };
}

type Total = { matching: number; examined: number };

async function ask<R extends object>(
  executor: SqlExecutor,
  query: RunListQuery,
  textOf: (statement: RunListStatement) => string,
): Promise<R[]> {
  const statement = new RunListStatement(query);
  const text = textOf(statement);
  const { rows } = await executor.query<R>(text, statement.values);
  return rows;
}

/** `rows` holds one more than fits, if there are more. Behind `stop` runs may be missing from it. */
function pageOf(rows: readonly ListedRow[], query: RunListQuery, stop: Place | undefined): Omit<RunListPage, "total"> {
  const known = stop === undefined ? rows : rows.filter((row) => !isBehind(row, stop, query));
  const shown = known.slice(0, query.limit);
  const last = known.length > query.limit ? shown.at(-1) : stop;
  return { runs: shown.map(summaryOf), next: last ? { key: last.positionKey, seq: last.positionSeq } : null };
}

function isBehind(row: Place, stop: Place, { descending }: RunListQuery): boolean {
  const [first, second] = descending ? [row, stop] : [stop, row];
  if (first.positionKey !== second.positionKey) return first.positionKey < second.positionKey;
  return first.positionSeq < second.positionSeq;
}

function summaryOf({ positionKey: _key, positionSeq: _seq, ...summary }: ListedRow): RunSummary {
  return summary;
}
