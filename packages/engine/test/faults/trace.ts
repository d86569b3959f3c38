import type { SqlExecutor } from "../../src/store/database.ts";

/** Creates the table in which workers leave traces outside of the engine's own records. */
export async function createTrace(executor: SqlExecutor): Promise<void> {
  await executor.query(
    `create table if not exists trace (id bigint generated always as identity, run text, what text, worker text, pid int,
       at timestamptz not null default clock_timestamp())`,
  );
}

/** Leaves a trace. */
export async function trace(executor: SqlExecutor, run: string, what: string, worker: string): Promise<void> {
  await executor.query("insert into trace (run, what, worker, pid) values ($1, $2, $3, $4)", [
    run,
    what,
    worker,
    process.pid,
  ]);
}

/** The traces of a run in order. */
export async function tracesOf(
  executor: SqlExecutor,
  run: string,
): Promise<{ what: string; worker: string; pid: number }[]> {
  const { rows } = await executor.query<{ what: string; worker: string; pid: number }>(
    "select what, worker, pid from trace where run = $1 order by id",
    [run],
  );
  return rows;
}

/** A run that began between another one's last beginning and its end, on the same key. Steps may be tried again: last B, first E. */
export const OVERLAPS = `
  with b as (select run, substr(what, 2) as n, max(at) as at from trace where what like 'B%' group by 1, 2),
       e as (select run, substr(what, 2) as n, min(at) as at from trace where what like 'E%' group by 1, 2)
  select 1 from b x join e on e.run = x.run and e.n = x.n join b y on y.run = x.run and y.n <> x.n and y.at > x.at and y.at < e.at`;
