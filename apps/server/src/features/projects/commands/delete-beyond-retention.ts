import type { Settings } from "../../settings/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import { deleteBeyondRetention, isBeyondRetention, listBeyondRetention, type Retention } from "../store/retention.ts";

/** What is left over goes at the next firing. */
const PROJECTS_MAX = 25_000;
/** A project with more components is emptied in steps before it is deleted; others go in one short transaction. */
const COMPONENTS_AT_ONCE_MAX = 20_000;

/**
 * Deletes inactive projects beyond the settings `maintenance/projects.retention.*`, each in a transaction of its own that looks
 * again whether it still is. Active projects are never deleted, nor what has one below it: children go before their parents,
 * and a project that keeps a child stays. Returns how many were deleted.
 */
export async function deleteProjectsBeyondRetention(
  { database, emptyProject, log, settings }: ProjectsDeps & { settings: Settings },
  signal: AbortSignal,
): Promise<number> {
  const retention = await retentionOf(settings);
  if (retention === undefined) return 0;
  let deleted = 0;
  for (const { id, components } of await listBeyondRetention(database.db, retention, PROJECTS_MAX)) {
    if (signal.aborted) break;
    if (components > COMPONENTS_AT_ONCE_MAX && (await isBeyondRetention(database.db, retention, id)))
      await emptyProject?.(database, id);
    if (await database.transaction((tx) => deleteBeyondRetention(tx, retention, id))) deleted++;
  }
  if (deleted > 0) log.info({ deleted, retention }, "inactive projects beyond the retention deleted");
  return deleted;
}

/** Undefined while nothing is to be deleted. */
async function retentionOf(settings: Settings): Promise<Retention | undefined> {
  const type = await settings.get("maintenance", "projects.retention.type");
  if (type === "AGE") return { type, days: await settings.number("maintenance", "projects.retention.days") };
  if (type === "VERSIONS") return { type, kept: await settings.number("maintenance", "projects.retention.versions") };
  return undefined;
}
