import type { Tx } from "../../../platform/db/index.ts";
import type { InventoryService } from "../rules/service.ts";
import { type NewService, serviceRow } from "../service-rows.ts";
import { removeServices, serviceHashesOf, upsertServices } from "../store/services.ts";

const BATCH_SIZE = 2_000;

/** What an import changed. */
export interface ReplacedServices {
  written: number;
  removed: number;
}

/**
 * Makes services those of a project, in the import's transaction and under the lock it has on the project. The first of equal ones
 * wins; only differences are written, UUIDs stay. A service somebody changed by hand differs always.
 */
export async function replaceServices(
  tx: Tx,
  projectId: number,
  services: readonly InventoryService[],
): Promise<ReplacedServices> {
  const stored = await serviceHashesOf(tx, projectId);
  if (stored.size === 0 && services.length === 0) return { written: 0, removed: 0 };
  const wanted = firstByKey(services);
  const different = wanted.filter(({ key, contentHash }) => stored.get(key) !== contentHash);
  const keys = new Set(wanted.map(({ key }) => key));
  const gone = [...stored.keys()].filter((key) => !keys.has(key));
  if (gone.length > 0) await removeServices(tx, projectId, gone);
  for (let start = 0; start < different.length; start += BATCH_SIZE)
    await upsertServices(tx, projectId, different.slice(start, start + BATCH_SIZE));
  return { written: different.length, removed: gone.length };
}

function firstByKey(services: readonly InventoryService[]): NewService[] {
  const rows = new Map<string, NewService>();
  for (const service of services) {
    const row = serviceRow(service);
    if (!rows.has(row.key)) rows.set(row.key, row);
  }
  return [...rows.values()];
}
