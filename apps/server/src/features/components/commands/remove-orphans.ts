import type { Database } from "../../../platform/db/index.ts";
import { type SharedRows, sharedDetails, sharedIdentities, sharedLicenses } from "../store/shared-rows.ts";

/** How long what no component has any more is kept: the matches of an identity need not be found again when it comes back. */
const ORPHANED_DAYS = 7;
const BATCH_SIZE = 5_000;
const BATCHES_MAX = 100_000;

/** Marks identities no component has any more, and removes those that have been marked for a week. Returns how many. */
export function removeOrphanedIdentities(database: Database, signal?: AbortSignal): Promise<number> {
  return removeOrphans(database, sharedIdentities, signal);
}

/** The same for licence statements. Only where components refer to them by a foreign key: after the contract of 0.2.0. */
export function removeOrphanedLicenses(database: Database, signal?: AbortSignal): Promise<number> {
  return removeOrphans(database, sharedLicenses, signal);
}

/** The same for details. Only where components refer to them by a foreign key: after the contract of 0.4.0. */
export function removeOrphanedDetails(database: Database, signal?: AbortSignal): Promise<number> {
  return removeOrphans(database, sharedDetails, signal);
}

async function removeOrphans(database: Database, shared: SharedRows, signal?: AbortSignal): Promise<number> {
  await markAll(database, shared, signal);
  let removed = 0;
  let afterId = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal?.aborted; batch++) {
    const ids = await database.transaction(async (tx) => {
      const locked = await shared.lockOld(tx, afterId, ORPHANED_DAYS, BATCH_SIZE);
      // A statement of its own: it sees components that were committed before the locks were granted.
      if (locked.length > 0) removed += await shared.deleteLocked(tx, locked);
      return locked;
    });
    const last = ids.at(-1);
    if (last === undefined) break;
    afterId = last;
  }
  return removed;
}

async function markAll(database: Database, shared: SharedRows, signal: AbortSignal | undefined): Promise<void> {
  let afterId: number | null = 0;
  for (let batch = 0; batch < BATCHES_MAX && afterId !== null && !signal?.aborted; batch++) {
    const from: number = afterId;
    afterId = await database.transaction((tx) => shared.mark(tx, from, BATCH_SIZE));
  }
}
