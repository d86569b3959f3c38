import type { ProjectPatch, ProjectUpdate } from "@evertrack/contract/v1/portfolio";
import type { Tx } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import * as errors from "../errors.ts";
import { allColumnsOf, changedColumns, columnsOf } from "../rules/project-columns.ts";
import { portfolioScopeOf } from "../scope-of.ts";
import { attachSubtree, DEPTH_MAX, depthsOf, detachSubtree, isWithin, lockHierarchy } from "../store/hierarchy.ts";
import { type ProjectRow, readProject } from "../store/listing.ts";
import {
  findProject,
  hasActiveChildren,
  lockProject,
  type ProjectColumns,
  setActive,
  updateProject,
} from "../store/projects.ts";
import type { PortfolioScope } from "../store/scope.ts";
import { ensureTags, replaceTags } from "../store/tags.ts";
import { takeLatest } from "./create-project.ts";

/** `PATCH /v1/project/{uuid}`: given members only; undefined when nothing would change. */
export function patchProject(deps: ProjectsDeps, principal: Principal, uuid: string, patch: ProjectPatch) {
  return change(deps, principal, uuid, { columns: columnsOf(patch), request: patch });
}

/** `POST /v1/project`: all members; absent ones become empty. */
export function replaceProject(deps: ProjectsDeps, principal: Principal, update: ProjectUpdate) {
  const request = { ...update, tags: update.tags ?? [] };
  return change(deps, principal, update.uuid, { columns: allColumnsOf(update), request });
}

interface Change {
  columns: ProjectColumns;
  request: Pick<ProjectPatch, "tags" | "collectionTag" | "parent" | "active" | "isLatest">;
}

async function change(
  deps: ProjectsDeps,
  principal: Principal,
  uuid: string,
  { columns, request }: Change,
): Promise<{ row: ProjectRow; changed: boolean }> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  return deps.database.transaction(async (tx) => {
    if (request.parent !== undefined) await lockHierarchy(tx);
    const current = await lockCurrent(tx, scope, uuid);
    const moved = request.parent === undefined ? false : await move(tx, scope, current, request.parent.uuid);
    const latest = await changeLatest(tx, scope, current, columns.name ?? current.name, request.isLatest);
    const active = request.active === undefined ? false : await changeActive(tx, current.id, request.active);
    const tagged = await changeTags(tx, current.id, request.tags);
    const changed = changedColumns({ ...columns, ...(await collectionTagOf(tx, current, request)) }, { ...current });
    await updateProject(tx, current.id, changed);
    const row = await readProject(tx, scope, current.id);
    if (row === undefined) throw errors.projectNotFound();
    return { row, changed: moved || latest || active || tagged || Object.keys(changed).length > 0 };
  });
}

async function lockCurrent(tx: Tx, scope: PortfolioScope, uuid: string): Promise<ProjectRow> {
  const found = await findProject(tx, scope, uuid);
  if (found === undefined) throw errors.projectNotFound();
  if (!found.visible) throw errors.projectAccessDenied();
  await lockProject(tx, found.id);
  const row = await readProject(tx, { all: true }, found.id);
  if (row === undefined) throw errors.projectNotFound();
  return row;
}

async function move(tx: Tx, scope: PortfolioScope, project: ProjectRow, parentUuid: string): Promise<boolean> {
  if (project.parent?.uuid === parentUuid) return false;
  const parent = await findProject(tx, scope, parentUuid);
  if (parent === undefined) throw errors.parentNotFound();
  if (!parent.visible) throw errors.parentAccessDenied();
  if (parent.id === project.id) throw errors.parentIsSelf();
  if (!parent.active) throw errors.parentInactive();
  if (await isWithin(tx, project.id, parent.id)) throw errors.parentIsDescendant();
  const [above, below] = [await depthsOf(tx, parent.id), await depthsOf(tx, project.id)];
  if (above.above + below.below + 1 >= DEPTH_MAX) throw errors.tooDeep(DEPTH_MAX);
  await detachSubtree(tx, project.id);
  await attachSubtree(tx, project.id, parent.id);
  return true;
}

async function changeLatest(
  tx: Tx,
  scope: PortfolioScope,
  project: ProjectRow,
  name: string,
  isLatest: boolean | undefined,
): Promise<boolean> {
  if (isLatest === undefined || isLatest === project.is_latest) return false;
  if (isLatest) await takeLatest(tx, scope, name);
  await updateProject(tx, project.id, { is_latest: isLatest });
  return true;
}

async function changeActive(tx: Tx, id: number, active: boolean): Promise<boolean> {
  if (!active && (await hasActiveChildren(tx, id))) throw errors.activeChildren();
  return setActive(tx, id, active);
}

async function changeTags(tx: Tx, id: number, tags: readonly { name: string }[] | undefined): Promise<boolean> {
  if (tags === undefined) return false;
  const ids = await ensureTags(
    tx,
    tags.map(({ name }) => name),
  );
  return replaceTags(tx, id, [...ids.values()]);
}

async function collectionTagOf(tx: Tx, current: ProjectRow, request: Change["request"]): Promise<ProjectColumns> {
  if (request.collectionTag === undefined || request.collectionTag.name === current.collection_tag) return {};
  const ids = await ensureTags(tx, [request.collectionTag.name]);
  return { collection_tag_id: ids.get(request.collectionTag.name) };
}
