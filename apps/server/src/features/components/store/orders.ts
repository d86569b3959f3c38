import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import { type ComponentRow, presented, shownWith } from "./presented.ts";

/** Which components of a project a list shows, and in which order. */
export interface InventoryOrder {
  /** Tells orders of one project apart. */
  name: string;
  conditions: RawBuilder<unknown>;
  orderBy: RawBuilder<unknown>;
}

/** Four bytes each, most significant first. */
const ID_BYTES = 4;

/**
 * What a project's inventory and its graph are told by: as long as it stays, so does every order of its components. Undefined for
 * projects without an inventory.
 */
export async function inventoryStamp(db: Db, projectId: number): Promise<string | undefined> {
  const { rows } = await sql<{ stamp: string | null }>`/* components.inventoryStamp */
    select encode(p.bom_digest, 'hex') || ' ' || coalesce(encode(g.digest, 'hex'), '') as stamp
    from project p left join project_graph g on g.project_id = p.id where p.id = ${projectId}`.execute(db);
  return rows[0]?.stamp ?? undefined;
}

/**
 * Identities of a project's components in an order, all of them. Begins with the project's components – the fence keeps the planner
 * from walking identities of the whole portfolio by name – and packs the answer.
 */
export async function readOrder(db: Db, projectId: number, order: InventoryOrder): Promise<Int32Array> {
  const { rows } = await sql<{ ids: Buffer }>`/* components.readOrder */
    select coalesce(string_agg(int4send(o.identity_id), ''::bytea), ''::bytea) as ids from (
      select c.identity_id from (select * from component where project_id = ${projectId} offset 0) as c
        join component_identity i on i.id = c.identity_id left join component_license l on l.id = c.license_id
      where ${order.conditions} order by ${order.orderBy}) as o`.execute(db);
  const packed = rows[0]?.ids ?? Buffer.alloc(0);
  return Int32Array.from({ length: packed.length / ID_BYTES }, (_, index) => packed.readInt32BE(index * ID_BYTES));
}

/** Those of the components that are there, in the order in which they are named; `extra` columns may use `i` and `page`. */
export async function readInOrder<Row extends ComponentRow>(
  db: Db,
  projectId: number,
  ids: Int32Array,
  extra: RawBuilder<unknown> = sql``,
): Promise<Row[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Row>`/* components.readInOrder */
    ${presented}${extra} from unnest(${arrayOf(ids)}::int[]) with ordinality as page(identity_id, position)
      join component c on c.project_id = ${projectId} and c.identity_id = page.identity_id
      ${shownWith}
    order by page.position`.execute(db);
  return rows;
}

/** As the text of an array, which is quicker than an array of numbers. */
export function arrayOf(ids: Int32Array): string {
  return `{${ids.join()}}`;
}
