import type { Tx } from "../../../platform/db/index.ts";
import { activeChildren } from "../errors.ts";
import { hasActiveChildren, setActive } from "../store/projects.ts";
import { ensureTags, replaceTags } from "../store/tags.ts";

/** What an upload may change of a project that exists already. */
export interface UploadChange {
  /** Replaces the tags; undefined leaves them. */
  tags: readonly string[] | undefined;
  active: boolean | undefined;
}

/** Applies an upload's tags and state in the caller's transaction. */
export async function changeOnUpload(tx: Tx, projectId: number, { tags, active }: UploadChange): Promise<void> {
  if (tags !== undefined) await replaceTags(tx, projectId, [...(await ensureTags(tx, tags)).values()]);
  if (active === undefined) return;
  if (!active && (await hasActiveChildren(tx, projectId))) throw activeChildren();
  await setActive(tx, projectId, active);
}
