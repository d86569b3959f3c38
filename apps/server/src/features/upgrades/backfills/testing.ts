import { executorOf, type SqlExecutor, type Tx } from "../../../platform/db/index.ts";
import type { Backfill, BackfillBatch, Json } from "./backfill.ts";

export interface ScratchBackfill extends Backfill {
  /** Rows each batch was allowed, in the order of the batches that ended well. */
  readonly limits: number[];
  /** Most batches under way at the same time in this process. */
  overlap: number;
  /** Called in each batch after its rows were changed; what it throws fails the batch. */
  inBatch: (tx: Tx, cursor: Json | null) => Promise<void>;
}

/**
 * A backfill of a table of its own: `shape` becomes `new`, and `times` counts how often a row was changed. The table must be there
 * when it is used.
 */
export function scratchBackfill(name = "scratch", release = "0.2.0"): ScratchBackfill {
  const table = tableOf(name);
  let underWay = 0;
  const backfill: ScratchBackfill = {
    name,
    release,
    limits: [],
    overlap: 0,
    inBatch: async () => undefined,
    async batch(tx, cursor, limit): Promise<BackfillBatch> {
      backfill.overlap = Math.max(backfill.overlap, ++underWay);
      try {
        const { rows } = await executorOf(tx).query<{ id: number }>(
          `with next as (select id from ${table} where id > $1 order by id limit $2 for no key update)
           update ${table} t set shape = 'new', times = times + 1 from next where t.id = next.id returning t.id`,
          [cursor ?? 0, limit],
        );
        await backfill.inBatch(tx, cursor);
        backfill.limits.push(limit);
        return { cursor: rows.length < limit ? null : Math.max(...rows.map(({ id }) => id)), rows: rows.length };
      } finally {
        underWay--;
      }
    },
    remaining: (db) => countOld(executorOf(db), table),
    estimate: (db) => countOld(executorOf(db), table),
  };
  return backfill;
}

/** Makes the table of a scratch backfill with so many rows in the old shape. */
export async function createScratchRows(executor: SqlExecutor, name: string, rows: number): Promise<void> {
  const table = tableOf(name);
  await executor.query(`create table if not exists ${table}
    (id int primary key, shape text not null default 'old', times int not null default 0)`);
  await executor.query(`insert into ${table} (id) select n from generate_series(1, $1::int) n`, [rows]);
}

/** How often rows were changed, and how many rows that is. */
export async function scratchTimes(executor: SqlExecutor, name: string): Promise<Record<number, number>> {
  const { rows } = await executor.query<{ times: number; count: number }>(
    `select times, count(*)::int as count from ${tableOf(name)} group by 1`,
  );
  return Object.fromEntries(rows.map(({ times, count }) => [times, count]));
}

function tableOf(name: string): string {
  return `scratch_${name.replaceAll("-", "_")}`;
}

async function countOld(executor: SqlExecutor, table: string): Promise<number> {
  const { rows } = await executor.query<{ count: number }>(
    `select count(*)::int as count from ${table} where shape = 'old'`,
  );
  return rows[0]?.count ?? 0;
}
