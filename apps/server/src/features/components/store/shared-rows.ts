import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/** Rows that exist because components refer to them: identities, licence statements, details. */
export interface SharedRows {
  /** Keeps rows that were about to be removed. Locks them in id order. */
  revive(tx: Tx, ids: readonly number[]): Promise<void>;
  /**
   * Looks at the next rows by id: marks those without a component, unmarks those with one. Returns the last id looked at, null
   * at the end.
   */
  mark(tx: Tx, afterId: number, limit: number): Promise<number | null>;
  /** Locks the next rows that have been orphaned for `days`; those somebody holds are left. */
  lockOld(tx: Tx, afterId: number, days: number, limit: number): Promise<number[]>;
  /** Deletes locked rows that still have no component; how many. */
  deleteLocked(tx: Tx, ids: readonly number[]): Promise<number>;
}

/** Id of the row that stands for nothing having been said, in the tables that have one: there from the beginning and never removed. */
export const NOTHING_SAID_ID = 0;

/** Those of a table, referred to by a column of `component`. Ids begin at 1. */
export function sharedRows(
  tableName: "component_identity" | "component_license" | "component_detail",
  columnName: "identity_id" | "license_id" | "detail_id",
): SharedRows {
  const table = sql.table(tableName);
  const used = (id: string) => sql`exists (select 1 from component c where c.${sql.ref(columnName)} = ${sql.ref(id)})`;
  return {
    async revive(tx, ids) {
      await sql`/* components.reviveShared */
        with kept as materialized (select id from ${table} where id = any(${[...ids]}::int[]) order by id for no key update)
        update ${table} s set orphaned_since = null from kept where s.id = kept.id`.execute(tx);
    },
    async mark(tx, afterId, limit) {
      const { rows } = await sql<{ last: number | null }>`/* components.markOrphans */
        with page as materialized (
          select id, orphaned_since is not null as marked from ${table} where id > ${afterId} order by id limit ${limit}),
        judged as materialized (select id from page where marked = ${used("page.id")}),
        changed as (
          update ${table} s set orphaned_since = case when s.orphaned_since is null then now() end
          from judged where s.id = judged.id)
        select max(id) as last from page`.execute(tx);
      return rows[0]?.last ?? null;
    },
    async lockOld(tx, afterId, days, limit) {
      const { rows } = await sql<{ id: number }>`/* components.lockOldOrphans */
        select id from ${table}
        where orphaned_since < now() - ${days} * interval '1 day' and id > ${afterId} and id <> ${NOTHING_SAID_ID}
        order by id limit ${limit} for update skip locked`.execute(tx);
      return rows.map(({ id }) => id);
    },
    async deleteLocked(tx, ids) {
      const { numAffectedRows } = await sql`/* components.deleteOrphans */
        delete from ${table} s where s.id = any(${[...ids]}::int[]) and not ${used("s.id")}`.execute(tx);
      return Number(numAffectedRows ?? 0n);
    },
  };
}

export const sharedIdentities = sharedRows("component_identity", "identity_id");
export const sharedLicenses = sharedRows("component_license", "license_id");
export const sharedDetails = sharedRows("component_detail", "detail_id");
