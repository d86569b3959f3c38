import type pg from "pg";

interface Table {
  name: string;
  bytes: number;
  rows: number;
  deadRows: number;
  inserts: number;
  updates: number;
  hotUpdates: number;
  deletes: number;
}

/** What became of a table between two readings. */
export interface TableGrowth {
  name: string;
  bytesGrown: number;
  rowsGrown: number;
  deadRows: number;
  inserts: number;
  updates: number;
  hotUpdates: number;
  deletes: number;
}

/** Size, with indexes, and activity of all tables of the product. Statistics are up to a second old. */
export async function readTables(database: pg.Client): Promise<Table[]> {
  const { rows } = await database.query<Table>(
    `select s.relname as name, pg_total_relation_size(s.relid)::float8 as bytes, s.n_live_tup::float8 as rows,
       s.n_dead_tup::float8 as "deadRows", s.n_tup_ins::float8 as inserts, s.n_tup_upd::float8 as updates,
       s.n_tup_hot_upd::float8 as "hotUpdates", s.n_tup_del::float8 as deletes
     from pg_stat_user_tables s order by s.relname`,
  );
  return rows;
}

/** Bytes of write-ahead log so far. */
export async function walBytes(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ bytes: number }>(
    "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes",
  );
  return rows[0]?.bytes ?? 0;
}

/** Tables that were written to or changed their size. */
export function grownTables(before: readonly Table[], after: readonly Table[]): TableGrowth[] {
  return after
    .map((table) => {
      const old = before.find(({ name }) => name === table.name);
      return {
        name: table.name,
        bytesGrown: table.bytes - (old?.bytes ?? 0),
        rowsGrown: table.rows - (old?.rows ?? 0),
        deadRows: table.deadRows,
        inserts: table.inserts - (old?.inserts ?? 0),
        updates: table.updates - (old?.updates ?? 0),
        hotUpdates: table.hotUpdates - (old?.hotUpdates ?? 0),
        deletes: table.deletes - (old?.deletes ?? 0),
      };
    })
    .filter(({ bytesGrown, inserts, updates, deletes }) => bytesGrown !== 0 || inserts + updates + deletes > 0);
}
