import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

export interface UserRow {
  id: number;
  username: string;
  kind: "MANAGED" | "LDAP" | "OIDC";
  fullname: string | null;
  email: string | null;
  password_hash: string | null;
  suspended: boolean;
  force_password_change: boolean;
  non_expiry_password: boolean;
  last_password_change: Date | null;
}

export interface UserWithAccess extends UserRow {
  teams: { uuid: string; name: string }[];
  permissions: string[];
}

const WITH_ACCESS = sql`u.id, u.username, u.kind, u.fullname, u.email, u.password_hash, u.suspended, u.force_password_change,
  u.non_expiry_password, u.last_password_change,
  coalesce((select jsonb_agg(jsonb_build_object('uuid', t.uuid, 'name', t.name) order by t.name)
    from team_member m join team t on t.id = m.team_id where m.user_id = u.id), '[]') as teams,
  array(select p.permission from user_permission p where p.user_id = u.id order by 1) as permissions`;

export async function findUser(db: Db, username: string): Promise<UserWithAccess | undefined> {
  const { rows } = await sql<UserWithAccess>`/* access.findUser */
    select ${WITH_ACCESS} from user_account u where u.username = ${username}`.execute(db);
  return rows[0];
}

/** Managed users by name. The total counts all of them. */
export async function listManagedUsers(
  db: Db,
  page: { offset: number; limit: number },
): Promise<{ rows: UserWithAccess[]; total: number }> {
  const { rows } = await sql<UserWithAccess & { total: number }>`/* access.listManagedUsers */
    select ${WITH_ACCESS}, count(*) over () as total from user_account u
    where u.kind = 'MANAGED' order by u.username offset ${page.offset} limit ${page.limit}`.execute(db);
  return { rows, total: rows[0]?.total ?? 0 };
}

interface NewUser {
  username: string;
  fullname: string | null;
  email: string | null;
  passwordHash: string;
  suspended: boolean;
  forcePasswordChange: boolean;
  nonExpiryPassword: boolean;
}

/** The new user's id, or undefined when the name is taken. */
export async function insertUser(tx: Tx, user: NewUser): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`/* access.insertUser */
    insert into user_account (username, fullname, email, password_hash, suspended, force_password_change, non_expiry_password, last_password_change)
    values (${user.username}, ${user.fullname}, ${user.email}, ${user.passwordHash}, ${user.suspended}, ${user.forcePasswordChange}, ${user.nonExpiryPassword}, now())
    on conflict (username) do nothing returning id`.execute(tx);
  return rows[0]?.id;
}

/** Changes what is given; null and undefined leave a member as it is. */
export async function updateUser(
  tx: Tx,
  id: number,
  change: Partial<Record<"fullname" | "email", string | null>> & {
    suspended?: boolean | null | undefined;
    forcePasswordChange?: boolean | null | undefined;
    nonExpiryPassword?: boolean | null | undefined;
  },
): Promise<void> {
  await sql`/* access.updateUser */
    update user_account set fullname = coalesce(${change.fullname ?? null}, fullname), email = coalesce(${change.email ?? null}, email),
      suspended = coalesce(${change.suspended ?? null}::boolean, suspended),
      force_password_change = coalesce(${change.forcePasswordChange ?? null}::boolean, force_password_change),
      non_expiry_password = coalesce(${change.nonExpiryPassword ?? null}::boolean, non_expiry_password)
    where id = ${id}`.execute(tx);
}

/** Sets a password the user chose: it need not be changed at the next login any more. */
export async function updatePassword(tx: Tx, id: number, passwordHash: string): Promise<void> {
  await sql`/* access.updatePassword */
    update user_account set password_hash = ${passwordHash}, last_password_change = now(), force_password_change = false
    where id = ${id}`.execute(tx);
}

export async function deleteUser(tx: Tx, id: number): Promise<void> {
  await sql`/* access.deleteUser */ delete from user_account where id = ${id}`.execute(tx);
}

/** Whether anything changed. */
export async function addMember(tx: Tx, userId: number, teamId: number): Promise<boolean> {
  const { numAffectedRows } = await sql`/* access.addMember */
    insert into team_member (team_id, user_id) values (${teamId}, ${userId}) on conflict do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

export async function removeMember(tx: Tx, userId: number, teamId: number): Promise<boolean> {
  const { numAffectedRows } = await sql`/* access.removeMember */
    delete from team_member where team_id = ${teamId} and user_id = ${userId}`.execute(tx);
  return numAffectedRows === 1n;
}

/** Makes the memberships equal the given teams. */
export async function replaceMemberships(tx: Tx, userId: number, teamIds: readonly number[]): Promise<void> {
  await sql`/* access.removeOtherMemberships */
    delete from team_member where user_id = ${userId} and team_id <> all(${[...teamIds]}::int[])`.execute(tx);
  await sql`/* access.addMemberships */
    insert into team_member (team_id, user_id) select id, ${userId} from unnest(${[...teamIds]}::int[]) as t(id) order by id
    on conflict do nothing`.execute(tx);
}

/** Makes the direct permissions equal the given ones. */
export async function replaceUserPermissions(tx: Tx, userId: number, permissions: readonly string[]): Promise<void> {
  await sql`/* access.removeOtherUserPermissions */
    delete from user_permission where user_id = ${userId} and permission <> all(${[...permissions]}::text[])`.execute(
    tx,
  );
  await sql`/* access.addUserPermissions */
    insert into user_permission (user_id, permission) select ${userId}, p from unnest(${[...permissions]}::text[]) as x(p) order by p
    on conflict do nothing`.execute(tx);
}
