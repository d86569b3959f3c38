import type { SqlExecutor } from "./database.ts";

/** Those of the runs that are not terminal. */
export async function activeAmong(executor: SqlExecutor, ids: readonly string[]): Promise<string[]> {
  const { rows } = await executor.query<{ id: string }>(
    `/* engine.activeAmong */
    select r.id from wf_run r where r.id = any($1::uuid[]) and r.status in ('CREATED', 'RUNNING', 'SUSPENDED')`,
    [ids],
  );
  return rows.map(({ id }) => id);
}
