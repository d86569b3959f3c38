import type { Clock } from "../../../platform/clock/clock.ts";
import type { Database } from "../../../platform/db/index.ts";
import { PlainError } from "../../../platform/http/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import { hashPassword, verifyPassword } from "../credentials/passwords.ts";
import { hashSessionToken, newSessionToken } from "../credentials/session-tokens.ts";
import { deleteSession, deleteSessionsOf, insertSession } from "../store/principals.ts";
import { findUser, type UserWithAccess, updatePassword } from "../store/users.ts";

export interface LoginDeps {
  database: Database;
  clock: Clock;
  log: Log;
  sessionTimeoutMs: number;
  bcryptRounds: number;
}

/** A hash no password belongs to; checked for unknown users so that their answer takes as long. */
let decoy: Promise<string> | undefined;

/** Session token of a managed user. 401 with the cause, 403 SUSPENDED (spec: access control §1). */
export async function login(deps: LoginDeps, username: string, password: string): Promise<string> {
  const user = await checkPassword(deps, username, password);
  if (user.suspended) throw refused(deps, username, 403, "SUSPENDED");
  if (user.force_password_change) throw refused(deps, username, 401, "FORCE_PASSWORD_CHANGE");
  const token = newSessionToken(deps.clock.randomBytes);
  const session = { tokenHash: hashSessionToken(token), userId: user.id, lifetimeMs: deps.sessionTimeoutMs };
  await deps.database.transaction((tx) => insertSession(tx, session));
  deps.log.info({ security: true, username }, "login succeeded");
  return token;
}

export async function logout(deps: LoginDeps, token: string): Promise<void> {
  await deps.database.transaction((tx) => deleteSession(tx, hashSessionToken(token)));
}

interface PasswordChange {
  username: string;
  password: string;
  newPassword: string;
  confirmPassword: string;
}

/** Changes a password given the present one; every session of the user ends. 406 when equal to the old or not confirmed. */
export async function changePassword(deps: LoginDeps, change: PasswordChange): Promise<void> {
  const user = await checkPassword(deps, change.username, change.password);
  if (user.suspended) throw refused(deps, change.username, 403, "SUSPENDED");
  if (change.newPassword.trim() === "") throw new PlainError(406, "The new password must not be blank.");
  if (change.newPassword !== change.confirmPassword) throw new PlainError(406, "The passwords do not match.");
  if (change.newPassword === change.password)
    throw new PlainError(406, "The new password must differ from the present one.");
  const passwordHash = await hashPassword(change.newPassword, deps.bcryptRounds);
  await deps.database.transaction(async (tx) => {
    await updatePassword(tx, user.id, passwordHash);
    await deleteSessionsOf(tx, user.id);
  });
  deps.log.info({ security: true, username: change.username }, "password changed");
}

async function checkPassword(deps: LoginDeps, username: string, password: string): Promise<UserWithAccess> {
  const user = await findUser(deps.database.db, username);
  decoy ??= hashPassword("no password", deps.bcryptRounds);
  const right = await verifyPassword(password, user?.password_hash ?? (await decoy));
  if (user === undefined || user.password_hash === null || !right)
    throw refused(deps, username, 401, "INVALID_CREDENTIALS");
  return user;
}

function refused(deps: LoginDeps, username: string, status: number, cause: string): PlainError {
  deps.log.warn({ security: true, username, cause }, "login refused");
  return new PlainError(status, cause);
}
