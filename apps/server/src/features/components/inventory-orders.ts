import type { Db } from "../../platform/db/index.ts";
import { type InventoryOrder, inventoryStamp, readOrder } from "./store/orders.ts";

/** Four megabytes of identities. */
const LIMITS = { idsMax: 1_000_000, ordersMax: 1_000 };

interface KeptOrder {
  projectId: number;
  stamp: string;
  ids: Int32Array;
}

/**
 * Orders of the components of projects that were asked for lately: a page of a list takes its rows out of one, so that it costs what
 * the page costs and not what the project does. Whether an order still holds is asked of the database each time, by the digest every
 * change of an inventory replaces; so instances need not tell each other anything.
 */
export class InventoryOrders {
  /** The one that was not asked for the longest comes first. */
  readonly #kept = new Map<string, KeptOrder>();
  readonly #limits: typeof LIMITS;
  #ids = 0;

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  /** Identities of a project's components in the order. The stamp is read first: what comes between makes the order newer than it. */
  async read(db: Db, projectId: number, order: InventoryOrder): Promise<Int32Array> {
    const stamp = await inventoryStamp(db, projectId);
    const key = `${projectId} ${order.name}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#remove(key, kept);
    const ids = kept !== undefined && kept.stamp === stamp ? kept.ids : await readOrder(db, projectId, order);
    if (stamp !== undefined) this.#keep(key, { projectId, stamp, ids });
    return ids;
  }

  /**
   * Forgets the orders of a project: something they name is not there. An inventory that comes back after another one has its digest
   * again, but maybe other identities, when the first ones were removed meanwhile.
   */
  forget(projectId: number): void {
    for (const [key, kept] of this.#kept) if (kept.projectId === projectId) this.#remove(key, kept);
  }

  #keep(key: string, order: KeptOrder): void {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#remove(key, before);
    const { idsMax, ordersMax } = this.#limits;
    if (order.ids.length > idsMax) return;
    this.#kept.set(key, order);
    this.#ids += order.ids.length;
    for (const [oldest, kept] of this.#kept) {
      if (this.#ids <= idsMax && this.#kept.size <= ordersMax) break;
      this.#remove(oldest, kept);
    }
  }

  #remove(key: string, { ids }: KeptOrder): void {
    if (this.#kept.delete(key)) this.#ids -= ids.length;
  }
}

/** Reads a page from orders; once more with new ones when a component it names is not there. */
export async function complete<Page extends { wanted: number; rows: readonly unknown[] }>(
  orders: InventoryOrders,
  projectId: number,
  read: () => Promise<Page>,
): Promise<Page> {
  const page = await read();
  if (page.rows.length === page.wanted) return page;
  orders.forget(projectId);
  return read();
}
