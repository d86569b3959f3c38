import type { Principal } from "../../../platform/http/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import { requireProject } from "../queries/find-project.ts";
import { portfolioScopeOf } from "../scope-of.ts";
import { deleteProjects, subtreeDeepestFirst, visibleIdsOf } from "../store/projects.ts";

/** Projects that one transaction deletes; keeps each short however large the tree is. */
const PROJECTS_PER_TRANSACTION = 50;

/** `DELETE /v1/project/{uuid}`: the project and all below it. */
export async function deleteProject(deps: ProjectsDeps, principal: Principal, uuid: string): Promise<void> {
  const project = await requireProject(deps, principal, uuid);
  await deleteSubtrees(deps, [project.id]);
  deps.log.info({ project: uuid, name: project.name, version: project.version, by: principal.name }, "project deleted");
}

/** `POST /v1/project/batchDelete`: unknown and invisible ones are passed over. */
export async function deleteProjectBatch(
  deps: ProjectsDeps,
  principal: Principal,
  uuids: readonly string[],
): Promise<void> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const ids = await visibleIdsOf(deps.database.db, scope, uuids);
  await deleteSubtrees(deps, ids);
  deps.log.info({ count: ids.length, by: principal.name }, "projects deleted");
}

/**
 * Deepest first and in several transactions, so that none runs long: what is left after an interruption is a whole smaller
 * tree, and deleting it again goes on from there.
 */
async function deleteSubtrees({ database, emptyProject }: ProjectsDeps, roots: readonly number[]): Promise<void> {
  const doomed = (await subtreeDeepestFirst(database.db, roots)).map(({ id }) => id);
  for (let start = 0; start < doomed.length; start += PROJECTS_PER_TRANSACTION) {
    const batch = doomed.slice(start, start + PROJECTS_PER_TRANSACTION);
    if (emptyProject !== undefined) for (const id of batch) await emptyProject(database, id);
    await database.transaction((tx) => deleteProjects(tx, batch));
  }
}
