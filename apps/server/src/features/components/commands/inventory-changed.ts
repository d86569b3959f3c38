import { randomBytes } from "node:crypto";
import type { Tx } from "../../../platform/db/index.ts";
import { recordInventory } from "../../projects/index.ts";
import { componentCount, keepGraph } from "../store/hand-changes.ts";

const DIGEST_BYTES = 32;

/**
 * Notes in a change's transaction, under the project's lock, that its inventory is none of a BOM any more: the digest becomes one no
 * import computes, so that the next import – of the same BOM, too – compares component by component.
 */
export async function noteInventoryChanged(tx: Tx, projectId: number): Promise<void> {
  const digest = randomBytes(DIGEST_BYTES);
  await keepGraph(tx, projectId, digest);
  await recordInventory(tx, projectId, digest, await componentCount(tx, projectId));
}
