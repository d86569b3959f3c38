import type { ProjectCreation } from "@evertrack/contract/v1/portfolio";
import type { Principal } from "../../../platform/http/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import * as errors from "../errors.ts";
import { columnsOf } from "../rules/project-columns.ts";
import { isAccessControlOn, portfolioScopeOf } from "../scope-of.ts";
import type { ProjectRow } from "../store/listing.ts";
import { findTeams } from "../store/team-access.ts";
import { createProject } from "./create-project.ts";

/** `PUT /v1/project`. */
export async function createFromRequest(
  deps: ProjectsDeps,
  principal: Principal,
  request: ProjectCreation,
): Promise<ProjectRow> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  if (request.collectionLogic === "AGGREGATE_DIRECT_CHILDREN_WITH_TAG" && request.collectionTag === undefined)
    throw errors.collectionTagRequired();
  const teamIds = await accessTeamsOf(deps, principal, request.accessTeams ?? []);
  const classifier = request.classifier ?? (request.collectionLogic === undefined ? "APPLICATION" : undefined);
  return deps.database.transaction((tx) =>
    createProject(tx, deps, scope, {
      columns: { ...columnsOf(request), name: request.name, classifier },
      parent: request.parent,
      tags: request.tags?.map(({ name }) => name) ?? [],
      collectionTag: request.collectionTag?.name,
      active: request.active ?? true,
      isLatest: request.isLatest ?? false,
      teamIds,
    }),
  );
}

/**
 * Teams that get access to a new project: the chosen ones, and a key's first team. With access control on, users must
 * choose, from their own teams unless they manage access; otherwise they could not see what they created.
 */
async function accessTeamsOf(
  { database, settings }: ProjectsDeps,
  principal: Principal,
  chosen: NonNullable<ProjectCreation["accessTeams"]>,
): Promise<number[]> {
  const own = await defaultTeamsOf(settings, principal);
  if (chosen.length === 0) {
    const mustChoose = principal.kind === "user" && (await isAccessControlOn(settings));
    if (mustChoose && !principal.permissions.has("ACCESS_MANAGEMENT")) throw errors.teamRequired();
    return own;
  }
  const found = await findTeams(
    database.db,
    chosen.flatMap(({ uuid }) => uuid ?? []),
    chosen.flatMap(({ name }) => name ?? []),
  );
  const ids = chosen.map(({ uuid, name }, index) => {
    if (uuid === undefined && name === undefined) throw errors.teamUnnamed(index);
    const team = found.find((known) => (uuid === undefined ? known.name === name : known.uuid === uuid));
    const assignable = principal.permissions.has("ACCESS_MANAGEMENT") || principal.teamIds.includes(team?.id ?? -1);
    if (team === undefined || !assignable) throw errors.teamNotAssignable(uuid ?? name ?? "");
    return team.id;
  });
  return [...new Set([...ids, ...own])];
}

/** With access control on, what an API key creates belongs to the key's first team. */
export async function defaultTeamsOf(settings: ProjectsDeps["settings"], principal: Principal): Promise<number[]> {
  if (principal.kind !== "api-key" || !(await isAccessControlOn(settings))) return [];
  return principal.teamIds.slice(0, 1);
}
