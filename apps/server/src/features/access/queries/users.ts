import type { Db } from "../../../platform/db/index.ts";
import { type Page, PlainError, type Principal } from "../../../platform/http/index.ts";
import { presentUser } from "../presentation.ts";
import { findUser, listManagedUsers } from "../store/users.ts";

/** One page of managed users. */
export async function managedUsersPage(db: Db, page: Page) {
  const { rows, total } = await listManagedUsers(db, page);
  return { total, items: rows.map(presentUser) };
}

/** The caller's own profile; 401 for API keys, which have none. */
export async function ownProfile(db: Db, principal: Principal) {
  const user = principal.kind === "user" ? await findUser(db, principal.name) : undefined;
  if (user === undefined) throw new PlainError(401);
  return presentUser(user);
}
