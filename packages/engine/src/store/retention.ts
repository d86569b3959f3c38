import type { SqlExecutor } from "./database.ts";

// A tree goes as a whole, once its root has ended long enough ago and nothing below it is active. Rows locked by somebody
// else are left for the next turn.
const DELETE_BATCH = `/* engine.deleteFinishedTrees */
with root as (
  select r.id from wf_run r
  where r.finished_at < now() - $1::float8 * interval '1 millisecond' and r.finished_at is not null and r.parent_id is null
    and not exists (select 1 from wf_run c where c.root_id = r.id and c.parent_id is not null
      and c.status in ('CREATED', 'RUNNING', 'SUSPENDED'))
  order by r.finished_at limit $2 for update skip locked
), gone as (
  select r.id from root r
  union all
  select c.id from root r join wf_run c on c.root_id = r.id and c.parent_id is not null
), steps as (
  delete from wf_step s using gone g where s.run_id = g.id
), signals as (
  delete from wf_signal s using gone g where s.run_id = g.id
), attempts as (
  delete from wf_attempt a using gone g where a.run_id = g.id
), labels as (
  delete from wf_label l using root r where l.root_id = r.id
), runs as (
  delete from wf_run w using gone g where w.id = g.id
)
select count(*)::int as deleted from root`;

/** Deletes one batch of finished trees; answers how many trees went. */
export async function deleteFinishedTrees(
  executor: SqlExecutor,
  retentionMs: number,
  batchSize: number,
): Promise<number> {
  const { rows } = await executor.query<{ deleted: number }>(DELETE_BATCH, [retentionMs, batchSize]);
  return rows[0]?.deleted ?? 0;
}
