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
