import { AppError, PlainError } from "../../platform/http/index.ts";

/** The sentences of v1 about projects; clients compare some of them. */
export const projectNotFound = () => new PlainError(404, "The project could not be found.");

export const projectAccessDenied = (detail = "Access to the requested project is forbidden") =>
  new AppError("project-access-denied", detail);

export const projectNameTaken = () => new PlainError(409, "A project with the specified name already exists.");

export const parentNotFound = () => new PlainError(404, "The parent project could not be found.");

export const parentAccessDenied = () => projectAccessDenied("Access to the specified parent project is forbidden");

export const parentInactive = () => new PlainError(409, "An inactive Parent cannot be selected as parent");

export const parentIsSelf = () => new PlainError(409, "A project cannot select itself as a parent");

export const parentIsDescendant = () =>
  new PlainError(409, "The new parent project cannot be a child of the current project.");

export const tooDeep = (depthMax: number) =>
  new PlainError(409, `Projects cannot be nested more than ${depthMax} levels deep.`);

export const activeChildren = () =>
  new PlainError(409, "Project cannot be set to inactive if active children are present.");

export const latestAccessDenied = () =>
  projectAccessDenied(
    "Cannot create latest version for project with this name. Access to current latest version is forbidden!",
  );

export const teamRequired = () =>
  new PlainError(400, "You need to specify at least one team to which the project should belong");

export const teamUnnamed = (index: number) =>
  new PlainError(400, `accessTeams must either specify a UUID or a name, but the team at index ${index} has neither.`);

export const teamNotAssignable = (name: string) =>
  new PlainError(
    400,
    `The team ${name} can not be assigned because it does not exist, or is not assigned to the authenticated principal.`,
  );

export const collectionTagRequired = () =>
  new PlainError(400, "collectionTag is required for collection logic AGGREGATE_DIRECT_CHILDREN_WITH_TAG.");
