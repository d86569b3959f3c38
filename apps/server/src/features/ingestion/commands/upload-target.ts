import type { BomUploadFields } from "@evertrack/contract/v1/bom";
import type { Tx } from "../../../platform/db/index.ts";
import { holdsAny, type Principal } from "../../../platform/http/index.ts";
import {
  accessible,
  changeOnUpload,
  checkNewProject,
  createProject,
  defaultTeamsOf,
  findProject,
  findProjectByName,
  type NewProject,
  type PortfolioScope,
  type ProjectRef,
  portfolioScopeOf,
  projectNotFound,
  tagsOf,
} from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { collectionProject, mayNotCreate } from "../errors.ts";

/** Where an upload goes: a project that exists, or one to be created together with it. */
export interface UploadTarget {
  /** Name and, if it exists, UUID: what notifications show. */
  shown: { uuid?: string; name: string; version?: string };
  /** Row id of a project that exists. */
  existingId?: number;
  /** Tags the project will have. */
  tags: readonly string[];
  /** Creates or changes the project in the upload's transaction. */
  settle(tx: Tx): Promise<{ id: number; uuid: string }>;
}

/** Finds the project of an upload and checks what the caller may do, in the order of spec/ingestion.md §1. */
export async function findTarget(
  deps: IngestionDeps,
  principal: Principal,
  fields: BomUploadFields,
): Promise<UploadTarget> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const found = await lookUp(deps, scope, fields);
  if (found !== undefined) return existing(deps, principal, accessible(found), fields);
  if (fields.project !== undefined || fields.projectName === undefined || !fields.autoCreate) throw projectNotFound();
  const mayCreate = ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_CREATE", "PROJECT_CREATION_UPLOAD"] as const;
  if (!holdsAny(principal, mayCreate)) throw mayNotCreate();
  const project = newProject(fields.projectName, fields, await defaultTeamsOf(deps.settings, principal));
  await checkNewProject(deps.database.db, scope, project);
  return {
    shown: shownAs(project.columns.name, fields.projectVersion ?? null),
    tags: project.tags,
    settle: (tx) => createProject(tx, deps, scope, project),
  };
}

/** Projects the caller may not see are found too, so that they are refused instead of doubled. */
function lookUp(
  { database }: IngestionDeps,
  scope: PortfolioScope,
  { project, projectName, projectVersion }: BomUploadFields,
): Promise<ProjectRef | undefined> {
  if (project !== undefined) return findProject(database.db, scope, project);
  return findProjectByName(database.db, scope, projectName ?? "", projectVersion ?? null);
}

async function existing(
  { database, log }: IngestionDeps,
  principal: Principal,
  project: ProjectRef,
  fields: BomUploadFields,
): Promise<UploadTarget> {
  if (project.isCollection) throw collectionProject();
  const mayTag = holdsAny(principal, ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"]);
  if (fields.projectTags !== undefined && !mayTag)
    log.warn(
      { project: project.uuid, by: principal.name },
      "tags of an upload ignored: no permission to change the project",
    );
  const tags = mayTag ? fields.projectTags : undefined;
  return {
    existingId: project.id,
    shown: { uuid: project.uuid, ...shownAs(project.name, project.version) },
    tags: tags ?? (await tagsOf(database.db, project.id)),
    async settle(tx) {
      await changeOnUpload(tx, project.id, { tags, active: fields.isActive });
      return project;
    },
  };
}

function newProject(name: string, fields: BomUploadFields, teamIds: readonly number[]): NewProject {
  const { parentUUID, parentName, parentVersion } = fields;
  const byName = parentName === undefined ? undefined : { name: parentName, version: parentVersion ?? null };
  return {
    columns: { name, version: fields.projectVersion, classifier: "APPLICATION" },
    parent: parentUUID === undefined ? byName : { uuid: parentUUID },
    tags: fields.projectTags ?? [],
    active: fields.isActive ?? true,
    isLatest: fields.isLatest ?? fields.isLatestProjectVersion ?? false,
    teamIds,
  };
}

function shownAs(name: string, version: string | null) {
  return version === null ? { name } : { name, version };
}
