import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

interface Captured {
  table: string;
  content: Buffer;
  foreignKeys: string[];
}

/** Rows of some tables as they are now, to be COPYed into copies of these tables. */
export class CopyBaseline {
  readonly #database: pg.Client;
  readonly #captured: readonly Captured[];
  readonly rows: number;

  private constructor(database: pg.Client, captured: readonly Captured[], rows: number) {
    this.#database = database;
    this.#captured = captured;
    this.rows = rows;
  }

  static async capture(database: pg.Client, tables: readonly string[]): Promise<CopyBaseline> {
    const captured: Captured[] = [];
    let rows = 0;
    for (const table of tables) {
      const content = await buffer(database.query(copyTo(`copy ${table} to stdout`)));
      const keys = await database.query<{ definition: string }>(
        "select pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass and contype = 'f'",
        [table],
      );
      const count = await database.query<{ count: string }>(`select count(*) from ${table}`);
      rows += Number(count.rows[0]?.count);
      captured.push({ table, content, foreignKeys: keys.rows.map(({ definition }) => definition) });
    }
    return new CopyBaseline(database, captured, rows);
  }

  /** Time to COPY all rows, table by table, indexes and constraints in place. */
  async copyMs(): Promise<number> {
    for (const { table, foreignKeys } of this.#captured) {
      await this.#database.query(
        `drop table if exists bench_${table}; create table bench_${table} (like ${table} including all)`,
      );
      for (const definition of foreignKeys) await this.#database.query(`alter table bench_${table} add ${definition}`);
    }
    await this.#database.query("checkpoint");
    const before = performance.now();
    for (const { table, content } of this.#captured) {
      await pipeline(Readable.from([content]), this.#database.query(copyFrom(`copy bench_${table} from stdin`)));
    }
    return performance.now() - before;
  }

  async drop(): Promise<void> {
    for (const { table } of this.#captured) await this.#database.query(`drop table if exists bench_${table}`);
  }
}
