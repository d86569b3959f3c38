import type { Database } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { projectAccessDenied, projectNotFound } from "../errors.ts";
import { type AccessControlSwitch, portfolioScopeOf } from "../scope-of.ts";
import { findProject, type ProjectRef } from "../store/projects.ts";

/** What looking up a project on behalf of somebody needs. */
export interface LookupDeps {
  database: Database;
  settings: AccessControlSwitch;
}

/** The project with this UUID; 404 when there is none, 403 when the caller may not see it. */
export async function requireProject(deps: LookupDeps, principal: Principal, uuid: string): Promise<ProjectRef> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  return accessible(await findProject(deps.database.db, scope, uuid));
}

/** The found project; throws what v1 answers when there is none or it may not be seen. */
export function accessible(project: ProjectRef | undefined): ProjectRef {
  if (project === undefined) throw projectNotFound();
  if (!project.visible) throw projectAccessDenied();
  return project;
}
