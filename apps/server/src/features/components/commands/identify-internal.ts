import type { EngineClient } from "@evertrack/engine";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { lockProject } from "../../projects/index.ts";
import type { InternalRule } from "../rules/internal-components.ts";
import { namedComponents, projectsWithComponents, storeInternal } from "../store/hand-changes.ts";
import { IDENTIFY_INTERNAL_INSTANCE, identifyInternal } from "../workflows/identify-internal.ts";
import { noteInventoryChanged } from "./inventory-changed.ts";

const COMPONENTS_PER_BATCH = 5_000;
const PROJECTS_PER_BATCH = 500;
/** A project has at most a million components. */
const BATCHES_MAX = 1_000;

/** Starts looking at every component of the portfolio anew; when that is going on already, it goes on. */
export function startIdentifyingInternal({ database, client }: { database: Database; client: EngineClient<Tx> }) {
  return database.transaction((tx) =>
    client.startRun(tx, identifyInternal, {}, { instanceId: IDENTIFY_INTERNAL_INSTANCE }),
  );
}

/**
 * Applies the rule for internal components to every project, one transaction each. Done twice it changes nothing, so it begins
 * again from the start on another instance. Returns how many components changed.
 */
export async function applyInternalRule(
  database: Database,
  isInternal: InternalRule,
  signal: AbortSignal,
): Promise<number> {
  let changed = 0;
  let afterId = 0;
  while (!signal.aborted) {
    const projectIds = await projectsWithComponents(database.db, afterId, PROJECTS_PER_BATCH);
    for (const projectId of projectIds) {
      if (signal.aborted) break;
      changed += await applyToProject(database, projectId, isInternal);
    }
    const last = projectIds.at(-1);
    if (last === undefined) break;
    afterId = last;
  }
  return changed;
}

/** Looks without a lock first: most projects have nothing to change. */
async function applyToProject(database: Database, projectId: number, isInternal: InternalRule): Promise<number> {
  const seen = await differences(database.db, projectId, isInternal);
  if (seen.internal.length + seen.external.length === 0) return 0;
  return database.transaction(async (tx) => {
    if ((await lockProject(tx, projectId)) === undefined) return 0;
    const { internal, external } = await differences(tx, projectId, isInternal);
    if (internal.length > 0) await storeInternal(tx, projectId, internal, true);
    if (external.length > 0) await storeInternal(tx, projectId, external, false);
    await noteInventoryChanged(tx, projectId);
    return internal.length + external.length;
  });
}

async function differences(db: Database["db"], projectId: number, isInternal: InternalRule) {
  const different: Record<"internal" | "external", number[]> = { internal: [], external: [] };
  let afterId = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const components = await namedComponents(db, projectId, afterId, COMPONENTS_PER_BATCH);
    for (const { identityId, group, name, isInternal: was } of components) {
      const is = isInternal({ group: group ?? undefined, name });
      if (is !== was) different[is ? "internal" : "external"].push(identityId);
    }
    const last = components.at(-1);
    if (last === undefined) break;
    afterId = last.identityId;
  }
  return different;
}
