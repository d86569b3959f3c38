import type { StoredError } from "../authoring/errors.ts";
import type { SqlExecutor } from "./database.ts";
import type { RunStatus } from "./run-row.ts";

/** A recorded step. */
export interface RecordedStep {
  readonly output: unknown;
  readonly error: StoredError | null;
}

/** A child as its parent sees it. */
export interface ChildState {
  readonly status: RunStatus;
  readonly output: unknown;
  readonly error: StoredError | null;
}

/** What a run has done and received so far, read in one snapshot. */
export interface RunHistory {
  /** Events counted in this snapshot: a later one finds the counter changed and prevents sleeping through it. */
  readonly wakes: number;
  /** The database's clock, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly steps: ReadonlyMap<string, RecordedStep>;
  readonly children: ReadonlyMap<string, ChildState>;
  readonly signals: ReadonlyMap<string, unknown>;
}

interface HistoryRow {
  id: string;
  wakes: number;
  nowMs: number;
  steps: [string, unknown, StoredError | null][] | null;
  children: [string, RunStatus, unknown, StoredError | null][] | null;
  signals: [string, unknown][] | null;
}

const LOAD = `/* engine.loadHistories */
select r.id, r.wakes, extract(epoch from now())::float8 * 1000 as "nowMs",
  (select jsonb_agg(jsonb_build_array(s.name, s.output, s.error)) from wf_step s where s.run_id = r.id) as steps,
  (select jsonb_agg(jsonb_build_array(c.id, c.status, c.output, c.error)) from wf_run c
   where c.root_id = r.root_id and c.parent_id = r.id) as children,
  (select jsonb_agg(jsonb_build_array(g.name, g.payload)) from wf_signal g where g.run_id = r.id) as signals
from wf_run r where r.id = any($1::uuid[])`;

/** Reads the histories of several runs in one statement. */
export async function loadHistories(
  executor: SqlExecutor,
  runIds: readonly string[],
): Promise<Map<string, RunHistory>> {
  const { rows } = await executor.query<HistoryRow>(LOAD, [runIds]);
  return new Map(rows.map((row) => [row.id, historyOf(row)]));
}

function historyOf(row: HistoryRow): RunHistory {
  return {
    wakes: row.wakes,
    nowMs: row.nowMs,
    steps: new Map((row.steps ?? []).map(([name, output, error]) => [name, { output, error }])),
    children: new Map((row.children ?? []).map(([id, status, output, error]) => [id, { status, output, error }])),
    signals: new Map(row.signals ?? []),
  };
}

/** The history of a run that has none yet. */
export function emptyHistory(wakes: number, nowMs: number): RunHistory {
  return { wakes, nowMs, steps: new Map(), children: new Map(), signals: new Map() };
}
