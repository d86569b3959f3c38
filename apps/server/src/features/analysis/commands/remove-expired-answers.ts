import type { Database } from "../../../platform/db/index.ts";
import { removeExpired } from "../store/analyzer-cache.ts";

/** A million answers; what is left goes next time. */
const BATCHES_MAX = 1_000;

/** Removes expired answers of external analyzers. */
export async function removeExpiredAnswers(database: Database, signal: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    signal.throwIfAborted();
    if (!(await database.transaction((tx) => removeExpired(tx)))) return;
  }
}
