import type { SqlExecutor } from "./database.ts";

/** Each known task's newest firing and the database's time, in milliseconds since 1970. */
export async function newestFirings(
  executor: SqlExecutor,
  tasks: readonly string[],
): Promise<{ nowMs: number; newest: Map<string, number> }> {
  const { rows } = await executor.query<{ nowMs: number; task: string; newestMs: number | null }>(
    `/* engine.newestFirings */
    select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs", t.task,
      (select extract(epoch from f.scheduled_for)::float8 * 1000 from wf_cron_firing f
       where f.task = t.task order by f.scheduled_for desc limit 1) as "newestMs"
    from unnest($1::text[]) as t(task)`,
    [tasks],
  );
  const newest = new Map<string, number>();
  for (const row of rows) if (row.newestMs !== null) newest.set(row.task, row.newestMs);
  return { nowMs: rows[0]?.nowMs ?? 0, newest };
}

/** Records a firing. False when it is there already, or its time has not come by the database's clock. */
export async function recordFiring(
  executor: SqlExecutor,
  task: string,
  scheduledForMs: number,
  firedBy: string | null,
): Promise<boolean> {
  const { rowCount } = await executor.query(
    `/* engine.recordFiring */
    insert into wf_cron_firing (task, scheduled_for, fired_by)
    select $1, to_timestamp($2::float8 / 1000), $3 where to_timestamp($2::float8 / 1000) <= clock_timestamp()
    on conflict do nothing`,
    [task, scheduledForMs, firedBy],
  );
  return rowCount > 0;
}

/** Deletes firings older than `retentionMs`, except each task's newest. */
export async function deleteOldFirings(executor: SqlExecutor, retentionMs: number): Promise<number> {
  const { rowCount } = await executor.query(
    `/* engine.deleteOldFirings */
    delete from wf_cron_firing f where f.scheduled_for < now() - $1::float8 * interval '1 millisecond'
      and exists (select 1 from wf_cron_firing n where n.task = f.task and n.scheduled_for > f.scheduled_for)`,
    [retentionMs],
  );
  return rowCount;
}
