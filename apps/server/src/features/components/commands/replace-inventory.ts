import type { Tx } from "../../../platform/db/index.ts";
import { lockProject, recordInventory } from "../../projects/index.ts";
import { insertComponents, removeComponents, updateComponents } from "../store/components.ts";
import type { PreparedInventory } from "./collect-inventory.ts";
import { replaceGraph } from "./replace-graph.ts";

/** What an import changed. `added` holds identity row ids. */
export interface ReplacedInventory {
  added: number[];
  updated: number;
  removed: number;
  unchanged: number;
}

/**
 * Writes the differences of a prepared inventory in the import's transaction, under the project's lock, and its dependency
 * graph behind it. An inventory that equals the stored one writes nothing. Throws, for another attempt, when another import came in between. Undefined when
 * the project is gone.
 */
export async function replaceInventory(
  tx: Tx,
  projectId: number,
  prepared: PreparedInventory,
): Promise<ReplacedInventory | undefined> {
  const project = await lockProject(tx, projectId);
  if (project === undefined) return undefined;
  if (project.bomDigest?.equals(prepared.digest)) {
    await replaceGraph(tx, projectId, prepared.graph, prepared.digest);
    return { added: [], updated: 0, removed: 0, unchanged: prepared.size };
  }
  if (!sameDigest(project.bomDigest, prepared.baseDigest))
    throw new Error("the project's inventory was replaced by another import in the meantime");
  const { added, changed, removed, unchanged } = prepared;
  if (removed.length > 0) await removeComponents(tx, projectId, removed);
  for (const rows of changed.rows.texts()) await updateComponents(tx, projectId, rows);
  for (const rows of added.rows.texts()) await insertComponents(tx, projectId, rows);
  await recordInventory(tx, projectId, prepared.digest, prepared.size);
  await replaceGraph(tx, projectId, prepared.graph, prepared.digest);
  return { added: added.identityIds, updated: changed.count, removed: removed.length, unchanged };
}

function sameDigest(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
