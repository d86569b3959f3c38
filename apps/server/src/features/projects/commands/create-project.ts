import type { Clock } from "../../../platform/clock/clock.ts";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import * as errors from "../errors.ts";
import { projectSubject } from "../rules/project-json.ts";
import { DEPTH_MAX, depthsOf, insertIntoHierarchy, lockHierarchyShared } from "../store/hierarchy.ts";
import { type ProjectRow, readProject } from "../store/listing.ts";
import {
  clearLatest,
  findLatestProject,
  findProject,
  findProjectByName,
  insertProject,
  lockLatestOf,
  type ProjectColumns,
  type ProjectRef,
} from "../store/projects.ts";
import type { PortfolioScope } from "../store/scope.ts";
import { ensureTags, replaceTags } from "../store/tags.ts";
import { grantAccess } from "../store/team-access.ts";

/** Names a parent, by UUID or by exact name and version. */
export type ParentName = { uuid: string } | { name: string; version: string | null };

/** A project to create. */
export interface NewProject {
  columns: ProjectColumns & { name: string };
  parent?: ParentName | undefined;
  tags: readonly string[];
  collectionTag?: string | undefined;
  active: boolean;
  isLatest: boolean;
  /** Row ids of the teams that get access. */
  teamIds: readonly number[];
}

interface Deps {
  clock: Clock;
}

const ALL = { all: true } as const;

/**
 * Creates a project in the caller's transaction: row, hierarchy, tags, access and PROJECT_CREATED. Throws what v1 answers
 * when the name is taken (409) or parent or latest version may not be used.
 */
export async function createProject(
  tx: Tx,
  { clock }: Deps,
  scope: PortfolioScope,
  project: NewProject,
): Promise<ProjectRow> {
  const parentId = project.parent === undefined ? null : await usableParent(tx, scope, project.parent);
  if (project.isLatest) await takeLatest(tx, scope, project.columns.name);
  const tagIds = await ensureTags(tx, [...project.tags, ...(project.collectionTag ? [project.collectionTag] : [])]);
  const collectionTagId = project.collectionTag === undefined ? undefined : tagIds.get(project.collectionTag);
  const columns = { ...project.columns, is_latest: project.isLatest, collection_tag_id: collectionTagId };
  const created = await insertProject(tx, columns, { parentId, active: project.active });
  if (created === undefined) throw errors.projectNameTaken();
  await insertIntoHierarchy(tx, created.id, parentId);
  await replaceTags(
    tx,
    created.id,
    project.tags.flatMap((name) => tagIds.get(name) ?? []),
  );
  await grantAccess(tx, created.id, project.teamIds);
  return await announce(tx, clock, created.id);
}

/** What createProject would refuse because of the project's surroundings, without creating anything. */
export async function checkNewProject(
  db: Db,
  scope: PortfolioScope,
  { parent, isLatest, columns }: Pick<NewProject, "parent" | "isLatest" | "columns">,
): Promise<void> {
  if (parent !== undefined) await findUsableParent(db, scope, parent);
  if (isLatest && (await findLatestProject(db, scope, columns.name))?.visible === false)
    throw errors.latestAccessDenied();
}

/** Row id of a parent that may be used; holds the hierarchy still until the transaction ends. */
async function usableParent(tx: Tx, scope: PortfolioScope, parent: ParentName): Promise<number> {
  await lockHierarchyShared(tx);
  const { id } = await findUsableParent(tx, scope, parent);
  const { above } = await depthsOf(tx, id);
  if (above + 1 >= DEPTH_MAX) throw errors.tooDeep(DEPTH_MAX);
  return id;
}

async function findUsableParent(db: Db, scope: PortfolioScope, parent: ParentName): Promise<ProjectRef> {
  const found =
    "uuid" in parent
      ? await findProject(db, scope, parent.uuid)
      : await findProjectByName(db, scope, parent.name, parent.version);
  if (found === undefined) throw errors.parentNotFound();
  if (!found.visible) throw errors.parentAccessDenied();
  if (!found.active) throw errors.parentInactive();
  return found;
}

/** Takes the latest flag from the version that has it, if the caller may see that one. */
export async function takeLatest(tx: Tx, scope: PortfolioScope, name: string): Promise<void> {
  await lockLatestOf(tx, name);
  const latest = await findLatestProject(tx, scope, name);
  if (latest?.visible === false) throw errors.latestAccessDenied();
  await clearLatest(tx, name);
}

async function announce(tx: Tx, clock: Clock, id: number): Promise<ProjectRow> {
  const row = await readProject(tx, ALL, id);
  if (row === undefined) throw new Error(`project ${id} vanished in the transaction that created it`);
  const payload = { project: projectSubject(row) };
  await appendEvents(tx, [{ eventId: clock.uuidV7(), type: "PROJECT_CREATED", subject: row.uuid, payload }]);
  return row;
}
