import { type RawBuilder, sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { ComponentDetail } from "../rules/inventory.ts";

/** Those of the details (JSON texts) that are stored. */
export async function findDetails(
  db: Db,
  contents: readonly string[],
): Promise<{ ordinal: number; id: number; orphaned: boolean }[]> {
  const { rows } = await sql<{ ordinal: number; id: number; orphaned: boolean }>`/* components.findDetails */
    select r.o as ordinal, d.id, d.orphaned_since is not null as orphaned from ${recordset(contents)}
      join component_detail d on d.key = component_detail_key(r.d)`.execute(db);
  return rows;
}

/** Stores details, leaving those that somebody else stores at the same time. Rows come in key order. */
export async function insertDetails(tx: Tx, contents: readonly string[]): Promise<void> {
  await sql`/* components.insertDetails */
    insert into component_detail (key, content)
    select component_detail_key(r.d) as key, r.d from ${recordset(contents)}
    order by key on conflict (key) do nothing`.execute(tx);
}

/** Stores one detail in a transaction that has more to do, or keeps it; its row id. */
export async function keepDetail(tx: Tx, detail: ComponentDetail): Promise<number> {
  const content = JSON.stringify(detail);
  await sql`/* components.keepDetail */
    insert into component_detail (key, content) values (component_detail_key(${content}::jsonb), ${content}::jsonb)
    on conflict (key) do update set orphaned_since = null where component_detail.orphaned_since is not null`.execute(
    tx,
  );
  const { rows } = await sql<{ id: number }>`/* components.findDetail */
    select id from component_detail where key = component_detail_key(${content}::jsonb)`.execute(tx);
  if (rows[0] === undefined) throw new Error("the detail that was stored is not there");
  return rows[0].id;
}

/** Texts are JSON already: they go in as they are. */
function recordset(contents: readonly string[]) {
  const rows = contents.map((content, ordinal) => `{"o":${ordinal},"d":${content}}`);
  return sql`jsonb_to_recordset(${`[${rows.join(",")}]`}::jsonb) as r(o int, d jsonb)`;
}

/**
 * Details of a component `c` with its row `d` of component_detail. A component the backfill has not come to yet has them in a column
 * of its own; that is read by way of JSON, so that the same statement is valid before and after the contract that drops it.
 */
export const detailOf: RawBuilder<unknown> = sql`case when c.detail_id is null then to_jsonb(c) -> 'detail' else d.content end`;
