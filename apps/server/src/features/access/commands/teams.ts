import { PlainError } from "../../../platform/http/index.ts";
import { generateKey, hashSecret, readKey } from "../credentials/api-keys.ts";
import { requireTeam } from "../queries/teams.ts";
import * as store from "../store/teams.ts";
import type { LoginDeps } from "./login.ts";
import { requirePermissions, sameSet } from "./users.ts";

export interface TeamDeps extends LoginDeps {
  apiKeyPrefix: string;
}

const KEY_ATTEMPTS_MAX = 5;

/** 409 when the name is taken. */
export async function createTeam(deps: TeamDeps, name: string): Promise<store.TeamWithMembers> {
  const uuid = await deps.database.transaction((tx) => store.insertTeam(tx, name));
  if (uuid === undefined) throw new PlainError(409, "A team with the specified name already exists.");
  deps.log.info({ security: true, team: name }, "team created");
  return requireTeam(deps.database.db, uuid);
}

export async function renameTeam(deps: TeamDeps, uuid: string, name: string): Promise<store.TeamWithMembers> {
  const team = await requireTeam(deps.database.db, uuid);
  const renamed = await deps.database.transaction((tx) => store.renameTeam(tx, team.id, name));
  if (!renamed) throw new PlainError(409, "A team with the specified name already exists.");
  return requireTeam(deps.database.db, uuid);
}

/** With its keys: they are refused from then on. */
export async function deleteTeam(deps: TeamDeps, uuid: string): Promise<void> {
  const team = await requireTeam(deps.database.db, uuid);
  await deps.database.transaction((tx) => store.deleteTeam(tx, team.id));
  deps.log.info({ security: true, team: team.name }, "team deleted");
}

/** A key of the team; `key` is shown this once. */
export async function createKey(deps: TeamDeps, teamUuid: string): Promise<{ row: store.KeyRow; key: string }> {
  const team = await requireTeam(deps.database.db, teamUuid);
  for (let attempt = 1; attempt <= KEY_ATTEMPTS_MAX; attempt++) {
    const { publicId, secret, key } = generateKey(deps.apiKeyPrefix, deps.clock.randomBytes);
    const secretHash = hashSecret(secret);
    const row = await deps.database.transaction((tx) => store.insertKey(tx, team.id, { publicId, secretHash }));
    if (row === undefined) continue;
    deps.log.info({ security: true, team: team.name, publicId }, "API key created");
    return { row, key };
  }
  throw new Error(`no free public id for a key in ${KEY_ATTEMPTS_MAX} attempts`);
}

/** Same public id, new secret; the old key is refused at once. */
export async function regenerateKey(
  deps: TeamDeps,
  publicIdOrKey: string,
): Promise<{ row: store.KeyRow; key: string }> {
  const publicId = publicIdOf(publicIdOrKey);
  const { secret } = generateKey(deps.apiKeyPrefix, deps.clock.randomBytes);
  const row = await deps.database.transaction((tx) => store.replaceKeySecret(tx, publicId, hashSecret(secret)));
  if (row === undefined) throw keyNotFound();
  deps.log.info({ security: true, publicId }, "API key regenerated");
  return { row, key: `${deps.apiKeyPrefix.replace(/_+$/, "")}_${publicId}_${secret}`.replace(/^_/, "") };
}

export async function commentKey(deps: TeamDeps, publicIdOrKey: string, comment: string): Promise<store.KeyRow> {
  const row = await deps.database.transaction((tx) => store.commentKey(tx, publicIdOf(publicIdOrKey), comment));
  if (row === undefined) throw keyNotFound();
  return row;
}

export async function deleteKey(deps: TeamDeps, publicIdOrKey: string): Promise<void> {
  const publicId = publicIdOf(publicIdOrKey);
  if (!(await deps.database.transaction((tx) => store.deleteKey(tx, publicId)))) throw keyNotFound();
  deps.log.info({ security: true, publicId }, "API key deleted");
}

/** 304 when the set is the same already; 400 for a name nobody knows. */
export async function replacePermissions(
  deps: TeamDeps,
  uuid: string,
  permissions: readonly string[],
): Promise<store.TeamWithMembers> {
  const team = await requireTeam(deps.database.db, uuid);
  requirePermissions(permissions);
  if (sameSet(team.permissions, permissions)) throw new PlainError(304);
  await deps.database.transaction((tx) => store.replaceTeamPermissions(tx, team.id, permissions));
  deps.log.info({ security: true, team: team.name, permissions }, "permissions of a team changed");
  return requireTeam(deps.database.db, uuid);
}

function publicIdOf(publicIdOrKey: string): string {
  return readKey(publicIdOrKey)?.publicId ?? publicIdOrKey;
}

function keyNotFound(): PlainError {
  return new PlainError(404, "The API key could not be found.");
}
