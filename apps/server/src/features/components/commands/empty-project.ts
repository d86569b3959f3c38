import type { Database, Tx } from "../../../platform/db/index.ts";
import { lockProject } from "../../projects/index.ts";
import { removeSomeComponents } from "../store/components.ts";
import { removeSomeServices } from "../store/services.ts";
import { noteInventoryChanged } from "./inventory-changed.ts";

const ROWS_PER_TRANSACTION = 20_000;
const ROUNDS_MAX = 1_000;

/**
 * Removes a project's components and services in bounded steps, so that deleting the project afterwards is short. A project that stays
 * because that was interrupted gets them back with its next BOM.
 */
export async function emptyProject(database: Database, projectId: number): Promise<void> {
  await inSteps(database, async (tx) => {
    if ((await lockProject(tx, projectId)) === undefined) return 0;
    const removed = await removeSomeComponents(tx, projectId, ROWS_PER_TRANSACTION);
    if (removed > 0) await noteInventoryChanged(tx, projectId);
    return removed;
  });
  await inSteps(database, (tx) => removeSomeServices(tx, projectId, ROWS_PER_TRANSACTION));
}

async function inSteps(database: Database, removeSome: (tx: Tx) => Promise<number>): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++)
    if ((await database.transaction(removeSome)) < ROWS_PER_TRANSACTION) return;
}
