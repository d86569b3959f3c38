import type { Database } from "../../../platform/db/index.ts";
import { deleteOrphans, lockOldOrphans, markOrphans } from "../store/identities.ts";

/** How long an identity without any component is kept: its matches need not be found again when it comes back. */
const ORPHANED_DAYS = 7;
const BATCH_SIZE = 5_000;
const BATCHES_MAX = 100_000;

/** Marks identities no component has any more, and removes those that have been marked for a week. Returns how many. */
export async function removeOrphanedIdentities(database: Database, signal?: AbortSignal): Promise<number> {
  await markAll(database, signal);
  let removed = 0;
  let afterId = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal?.aborted; batch++) {
    const ids = await database.transaction(async (tx) => {
      const locked = await lockOldOrphans(tx, afterId, ORPHANED_DAYS, BATCH_SIZE);
      // A statement of its own: it sees components that were committed before the locks were granted.
      if (locked.length > 0) removed += await deleteOrphans(tx, locked);
      return locked;
    });
    const last = ids.at(-1);
    if (last === undefined) break;
    afterId = last;
  }
  return removed;
}

async function markAll(database: Database, signal: AbortSignal | undefined): Promise<void> {
  let afterId: number | null = 0;
  for (let batch = 0; batch < BATCHES_MAX && afterId !== null && !signal?.aborted; batch++) {
    const from: number = afterId;
    afterId = await database.transaction((tx) => markOrphans(tx, from, BATCH_SIZE));
  }
}
