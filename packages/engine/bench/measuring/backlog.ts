import type pg from "pg";

/** Queues many runs in one statement, `keys` of them sharing a concurrency key each; 0 = without keys. */
export async function queueBacklog(
  pool: pg.Pool,
  backlog: { name: string; runs: number; keys: number; priority?: number },
): Promise<void> {
  await pool.query(
    `insert into wf_run (id, root_id, kind, name, queue, input, priority, concurrency_key)
     select x.id, x.id, 'workflow', $1, 'default', jsonb_build_object('n', x.n), $4,
       case when $3::int > 0 then 'key' || (x.n % $3::int) end
     from (select gen_random_uuid() as id, n from generate_series(1, $2::int) n order by n) x`,
    [backlog.name, backlog.runs, backlog.keys, backlog.priority ?? 0],
  );
}

/** Committed transactions of this database so far. */
export async function committed(pool: pg.Pool): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, STATISTICS_DELAY_MS));
  const { rows } = await pool.query<{ n: string }>(
    "select xact_commit as n from pg_stat_database where datname = current_database()",
  );
  return Number(rows[0]?.n ?? 0);
}

/** Back ends report their counters at most once a second. */
const STATISTICS_DELAY_MS = 1500;
