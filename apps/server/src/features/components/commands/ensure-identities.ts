import type { Database } from "../../../platform/db/index.ts";
import type { InventoryRow } from "../inventory.ts";
import { findIdentities, insertIdentities } from "../store/identities.ts";
import { sharedIdentities } from "../store/shared-rows.ts";

/** An identity may be removed as orphaned between being found and being kept. */
const ATTEMPTS_MAX = 5;

/**
 * Row ids of identities by key; missing ones are inserted, ones about to be removed are kept. A short transaction of its
 * own, in key order: popular identities are touched by many imports at once, and inside those they would be lock hot spots
 * and deadlocks. Identities that exist are only read, so a repeated import uses up no numbers of the sequence.
 */
export async function ensureIdentities(
  database: Database,
  rows: readonly InventoryRow[],
): Promise<Map<string, number>> {
  const keys = rows.map(({ key }) => key);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const known = await findIdentities(database.db, keys);
    const ids = new Map(known.map(({ key, id }) => [key, id]));
    const missing = rows.filter(({ key }) => !ids.has(key));
    const orphaned = known.filter((identity) => identity.orphaned).map(({ id }) => id);
    if (missing.length === 0 && orphaned.length === 0) return ids;
    await database.transaction(async (tx) => {
      if (missing.length > 0) await insertIdentities(tx, missing);
      if (orphaned.length > 0) await sharedIdentities.revive(tx, orphaned);
    });
  }
  throw new Error(`identities kept vanishing in ${ATTEMPTS_MAX} attempts`);
}
