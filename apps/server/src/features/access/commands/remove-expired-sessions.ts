import type { Database } from "../../../platform/db/index.ts";
import { deleteExpiredSessions } from "../store/principals.ts";

const BATCH_SIZE = 1_000;
const BATCHES_MAX = 1_000;

/** Removes expired sessions in batches; what is left over goes at the next firing. */
export async function removeExpiredSessions(database: Database): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const removed = await database.transaction((tx) => deleteExpiredSessions(tx, BATCH_SIZE));
    if (removed < BATCH_SIZE) return;
  }
}
