import type { Database } from "../../../platform/db/index.ts";
import type { Settings } from "../../settings/index.ts";
import { deleteUnusedTags, lockUnusedTags } from "../store/tags.ts";

const BATCH_SIZE = 1_000;
const BATCHES_MAX = 1_000;

/** Deletes tags nothing refers to, unless the setting `maintenance/tags.delete.unused` is off. Returns how many. */
export async function deleteTagsUnused(database: Database, settings: Settings, signal: AbortSignal): Promise<number> {
  if (!(await settings.isOn("maintenance", "tags.delete.unused"))) return 0;
  let deleted = 0;
  let afterId = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    const ids = await database.transaction(async (tx) => {
      const locked = await lockUnusedTags(tx, afterId, BATCH_SIZE);
      // A statement of its own: it sees references that were committed before the locks were granted.
      if (locked.length > 0) deleted += await deleteUnusedTags(tx, locked);
      return locked;
    });
    const last = ids.at(-1);
    if (last === undefined) break;
    afterId = last;
  }
  return deleted;
}
