/**
 * Makes a project's components those of a BOM, in two steps:
 *   prepareInventory   own short transactions: identities that are missing are inserted in key order. Popular identities
 *                      are touched by many imports at once; inside the import they would be lock hot spots and deadlocks.
 *   replaceInventory   the import's transaction: compares content hashes under the project's lock and writes differences.
 * An inventory that equals the stored one (digest) stops at both steps.
 */
import type { Database, Tx } from "../../../platform/db/index.ts";
import { inventoryDigestOf, lockProject, recordInventory } from "../../projects/index.ts";
import type { Inventory, InventoryRow } from "../inventory.ts";
import { diffInventory } from "../rules/inventory.ts";
import {
  contentHashesOf,
  insertComponents,
  removeComponents,
  type StoredComponent,
  updateComponents,
} from "../store/components.ts";
import { findIdentities, insertIdentities, reviveIdentities } from "../store/identities.ts";

const IDENTITIES_PER_TRANSACTION = 5_000;
const COMPONENTS_PER_STATEMENT = 5_000;
/** An identity may be removed as orphaned between being found and being kept. */
const ENSURE_ATTEMPTS_MAX = 5;

/** An inventory whose identities exist. */
export interface PreparedInventory {
  digest: Buffer;
  size: number;
  /** Undefined: the stored inventory had the same digest. */
  components: StoredComponent[] | undefined;
}

/** What an import changed. `added` holds identity row ids. */
export interface ReplacedInventory {
  added: number[];
  updated: number;
  removed: number;
  unchanged: number;
}

/** See above. Stops between batches when the signal is aborted. */
export async function prepareInventory(
  database: Database,
  projectId: number,
  inventory: Inventory,
  signal?: AbortSignal,
): Promise<PreparedInventory> {
  const digest = inventory.digest();
  const stored = await inventoryDigestOf(database.db, projectId);
  if (stored?.equals(digest)) return { digest, size: inventory.size, components: undefined };
  const components: StoredComponent[] = [];
  for (const batch of batchesOf(inventory.sortedRows(), IDENTITIES_PER_TRANSACTION)) {
    signal?.throwIfAborted();
    const ids = await ensureIdentities(database, batch);
    for (const row of batch) components.push(Object.assign(row, { identityId: ids.get(row.key) ?? -1 }));
  }
  return { digest, size: inventory.size, components };
}

/** See above. Undefined when the project is gone. */
export async function replaceInventory(
  tx: Tx,
  projectId: number,
  prepared: PreparedInventory,
): Promise<ReplacedInventory | undefined> {
  const project = await lockProject(tx, projectId);
  if (project === undefined) return undefined;
  if (project.bomDigest?.equals(prepared.digest))
    return { added: [], updated: 0, removed: 0, unchanged: prepared.size };
  if (prepared.components === undefined)
    throw new Error("the project's inventory was replaced by another import in the meantime");
  const diff = diffInventory(await contentHashesOf(tx, projectId), prepared.components);
  if (diff.removed.length > 0) await removeComponents(tx, projectId, diff.removed);
  for (const batch of batchesOf(diff.changed, COMPONENTS_PER_STATEMENT)) await updateComponents(tx, projectId, batch);
  for (const batch of batchesOf(diff.added, COMPONENTS_PER_STATEMENT)) await insertComponents(tx, projectId, batch);
  await recordInventory(tx, projectId, prepared.digest, prepared.components.length);
  return {
    added: diff.added.map(({ identityId }) => identityId),
    updated: diff.changed.length,
    removed: diff.removed.length,
    unchanged: diff.unchanged,
  };
}

async function ensureIdentities(database: Database, rows: readonly InventoryRow[]): Promise<Map<string, number>> {
  const keys = rows.map(({ key }) => key);
  for (let attempt = 1; attempt <= ENSURE_ATTEMPTS_MAX; attempt++) {
    const known = await findIdentities(database.db, keys);
    const ids = new Map(known.map(({ key, id }) => [key, id]));
    const missing = rows.filter(({ key }) => !ids.has(key));
    const orphaned = known.filter((identity) => identity.orphaned).map(({ id }) => id);
    if (missing.length === 0 && orphaned.length === 0) return ids;
    await database.transaction(async (tx) => {
      if (missing.length > 0) await insertIdentities(tx, missing);
      if (orphaned.length > 0) await reviveIdentities(tx, orphaned);
    });
  }
  throw new Error(`identities kept vanishing in ${ENSURE_ATTEMPTS_MAX} attempts`);
}

function* batchesOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
