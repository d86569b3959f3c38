import { AppError } from "../../../platform/http/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import { findProject } from "../store/projects.ts";
import { findTeams, grantAccess, revokeAccess } from "../store/team-access.ts";

/** Which team has access to which project; both are UUIDs. */
export interface TeamMapping {
  team: string;
  project: string;
}

/** `PUT /v1/acl/mapping`. */
export async function addTeamMapping(deps: ProjectsDeps, mapping: TeamMapping): Promise<TeamMapping> {
  const { teamId, projectId } = await resolve(deps, mapping);
  const added = await deps.database.transaction((tx) => grantAccess(tx, projectId, [teamId]));
  if (added === 0) throw new AppError("conflict", "A mapping with the same team and project already exists.");
  return mapping;
}

/** `DELETE /v1/acl/mapping/…`; a mapping that does not exist is gone already. */
export async function removeTeamMapping(deps: ProjectsDeps, mapping: TeamMapping): Promise<void> {
  const { teamId, projectId } = await resolve(deps, mapping);
  await deps.database.transaction((tx) => revokeAccess(tx, projectId, teamId));
}

async function resolve({ database }: ProjectsDeps, { team, project }: TeamMapping) {
  const [found] = await findTeams(database.db, [team], []);
  if (found === undefined) throw new AppError("not-found", "The UUID of the team could not be found.");
  const target = await findProject(database.db, { all: true }, project);
  if (target === undefined) throw new AppError("not-found", "The UUID of the project could not be found.");
  return { teamId: found.id, projectId: target.id };
}
