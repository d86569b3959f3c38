import type { Database } from "../../../platform/db/index.ts";
import { removeSomeComponents } from "../store/components.ts";

const COMPONENTS_PER_TRANSACTION = 20_000;
const ROUNDS_MAX = 1_000;

/** Removes a project's components in bounded steps, so that deleting the project afterwards is short. */
export async function emptyProject(database: Database, projectId: number): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const removed = await database.transaction((tx) => removeSomeComponents(tx, projectId, COMPONENTS_PER_TRANSACTION));
    if (removed < COMPONENTS_PER_TRANSACTION) return;
  }
}
