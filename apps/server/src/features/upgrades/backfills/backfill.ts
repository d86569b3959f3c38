import type { Db, Tx } from "../../../platform/db/index.ts";

/** What a cursor may be: anything that JSON keeps as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What one batch did. */
export interface BackfillBatch {
  /** Where the next batch begins; null when nothing is behind. */
  readonly cursor: Json | null;
  /** Rows looked at, whether they had to be changed or not. */
  readonly rows: number;
}

/**
 * A change of many rows to a release's new shape, done in batches while the cluster serves. A feature declares it and exports it
 * as one of its `backfills`; this feature runs it: throttled, resumable, one batch at a time in the whole cluster.
 *
 * Both shapes are kept equal by the release's triggers or writes from its expand migration on, so a backfill only has to visit
 * rows that were there before. Batches are idempotent: a pass over all rows may be repeated, and is when the upgrade is
 * finalized and rows in the old shape are left.
 */
export interface Backfill {
  /** Lasting and unique, in kebab-case: `split-component-detail`. */
  readonly name: string;
  /** The release whose contract waits for it, such as `0.2.0`. */
  readonly release: string;
  /**
   * Changes the next rows behind `cursor` (null: from the beginning), at most `limit` of them, in `tx`; where it got to is
   * written in the same transaction. Walks an index, in its order, so that a batch costs the same anywhere in the table, and
   * locks nothing but the rows it changes. Takes no more than a few milliseconds per row: batches are kept below 200 ms by
   * asking for fewer rows, one at the least. What it throws rolls the batch back and is tried again.
   */
  batch(tx: Tx, cursor: Json | null, limit: number): Promise<BackfillBatch>;
  /** Rows still in the old shape, exactly: the contract is decided by it. May read the whole table. */
  remaining(db: Db): Promise<number>;
  /** About how many rows a pass visits, told from statistics (`pg_class.reltuples`) within milliseconds; for progress only. */
  estimate(db: Db): Promise<number>;
}
