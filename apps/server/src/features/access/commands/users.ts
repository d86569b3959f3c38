import { isPermission } from "@evertrack/contract";
import type { managedUserRequest, selfRequest } from "@evertrack/contract/v1/access";
import type { z } from "zod";
import type { Tx } from "../../../platform/db/index.ts";
import { PlainError } from "../../../platform/http/index.ts";
import { hashPassword } from "../credentials/passwords.ts";
import { deleteSessionsOf } from "../store/principals.ts";
import { findTeamIds } from "../store/teams.ts";
import * as store from "../store/users.ts";
import type { LoginDeps } from "./login.ts";

type UserRequest = z.output<typeof managedUserRequest>;

/** Creates a managed user. 400 without a confirmed password, 409 when the name is taken. */
export async function createUser(deps: LoginDeps, request: UserRequest): Promise<store.UserWithAccess> {
  const passwordHash = await newPasswordHash(deps, request);
  if (passwordHash === undefined) throw new PlainError(400, "A password must be set.");
  const id = await deps.database.transaction((tx) =>
    store.insertUser(tx, {
      username: request.username,
      fullname: request.fullname ?? null,
      email: request.email ?? null,
      passwordHash,
      suspended: request.suspended ?? false,
      forcePasswordChange: request.forcePasswordChange ?? false,
      nonExpiryPassword: request.nonExpiryPassword ?? false,
    }),
  );
  if (id === undefined)
    throw new PlainError(409, "A user with the same username already exists. Cannot create new user.");
  deps.log.info({ security: true, username: request.username }, "user created");
  return requireUser(deps, request.username);
}

/** Changes a managed user; suspending or a new password ends the user's sessions. */
export async function updateManagedUser(deps: LoginDeps, request: UserRequest): Promise<store.UserWithAccess> {
  const user = await requireUser(deps, request.username);
  const passwordHash = await newPasswordHash(deps, request);
  await deps.database.transaction(async (tx) => {
    if (passwordHash !== undefined) await store.updatePassword(tx, user.id, passwordHash);
    await store.updateUser(tx, user.id, changeOf(request));
    if (passwordHash !== undefined || request.suspended) await deleteSessionsOf(tx, user.id);
  });
  deps.log.info({ security: true, username: request.username }, "user updated");
  return requireUser(deps, request.username);
}

/** A user's own profile: name, address, password. */
export async function updateSelf(
  deps: LoginDeps,
  user: { username: string },
  request: z.output<typeof selfRequest>,
): Promise<void> {
  const { fullname, email, newPassword, confirmPassword } = request;
  await updateManagedUser(deps, { username: user.username, fullname, email, newPassword, confirmPassword });
}

export async function deleteManagedUser(deps: LoginDeps, username: string): Promise<void> {
  const user = await requireUser(deps, username);
  await deps.database.transaction((tx) => store.deleteUser(tx, user.id));
  deps.log.info({ security: true, username }, "user deleted");
}

/** Adds or removes one membership; 304 when there is nothing to change. */
export async function changeMembership(
  deps: LoginDeps,
  username: string,
  teamUuid: string,
  change: "add" | "remove",
): Promise<store.UserWithAccess> {
  const user = await requireUser(deps, username);
  const [teamId] = await requireTeams(deps, [teamUuid]);
  const act = (tx: Tx) =>
    change === "add" ? store.addMember(tx, user.id, teamId ?? 0) : store.removeMember(tx, user.id, teamId ?? 0);
  if (!(await deps.database.transaction(act))) throw new PlainError(304);
  deps.log.info({ security: true, username, team: teamUuid, change }, "team membership changed");
  return requireUser(deps, username);
}

export async function replaceTeams(
  deps: LoginDeps,
  username: string,
  teamUuids: readonly string[],
): Promise<store.UserWithAccess> {
  const user = await requireUser(deps, username);
  const ids = await requireTeams(deps, teamUuids);
  await deps.database.transaction((tx) => store.replaceMemberships(tx, user.id, ids));
  return requireUser(deps, username);
}

/** 304 when the set is the same already. */
export async function replaceUserPermissions(
  deps: LoginDeps,
  username: string,
  permissions: readonly string[],
): Promise<store.UserWithAccess> {
  const user = await requireUser(deps, username);
  requirePermissions(permissions);
  if (sameSet(user.permissions, permissions)) throw new PlainError(304);
  await deps.database.transaction((tx) => store.replaceUserPermissions(tx, user.id, permissions));
  deps.log.info({ security: true, username, permissions }, "permissions of a user changed");
  return requireUser(deps, username);
}

export function requirePermissions(names: readonly string[]): void {
  const unknown = names.find((name) => !isPermission(name));
  if (unknown !== undefined) throw new PlainError(400, `The permission ${unknown} does not exist.`);
}

export function sameSet(left: readonly string[], right: readonly string[]): boolean {
  const set = new Set(left);
  return set.size === new Set(right).size && right.every((entry) => set.has(entry));
}

export async function requireUser(deps: LoginDeps, username: string): Promise<store.UserWithAccess> {
  const user = await store.findUser(deps.database.db, username);
  if (user === undefined) throw new PlainError(404, "The user could not be found.");
  return user;
}

async function requireTeams(deps: LoginDeps, uuids: readonly string[]): Promise<number[]> {
  const teams = await findTeamIds(deps.database.db, uuids);
  if (teams.length !== new Set(uuids).size) throw new PlainError(404, "The team could not be found.");
  return teams.map(({ id }) => id);
}

async function newPasswordHash(
  deps: LoginDeps,
  request: Pick<UserRequest, "newPassword" | "confirmPassword">,
): Promise<string | undefined> {
  const { newPassword, confirmPassword } = request;
  if (newPassword === undefined || newPassword === null || newPassword === "") return undefined;
  if (newPassword.trim() === "") throw new PlainError(400, "The password must not be blank.");
  if (newPassword !== confirmPassword) throw new PlainError(400, "The passwords do not match.");
  return hashPassword(newPassword, deps.bcryptRounds);
}

function changeOf({ fullname, email, suspended, forcePasswordChange, nonExpiryPassword }: UserRequest) {
  return { fullname: fullname ?? null, email: email ?? null, suspended, forcePasswordChange, nonExpiryPassword };
}
