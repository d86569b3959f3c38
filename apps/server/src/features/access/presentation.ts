import { isPermission, PERMISSIONS } from "@evertrack/contract";
import { maskKey } from "./credentials/api-keys.ts";
import type { KeyRow, TeamWithMembers } from "./store/teams.ts";
import type { UserWithAccess } from "./store/users.ts";

/** JSON shapes of v1; undefined members are left out. */
export function presentPermission(name: string) {
  return { name, description: isPermission(name) ? PERMISSIONS[name] : undefined };
}

export function presentUser(user: UserWithAccess) {
  return {
    username: user.username,
    fullname: user.fullname ?? undefined,
    email: user.email ?? undefined,
    suspended: user.suspended,
    forcePasswordChange: user.force_password_change,
    nonExpiryPassword: user.non_expiry_password,
    lastPasswordChange: user.last_password_change?.getTime() ?? 0,
    teams: user.teams,
    permissions: user.permissions.map(presentPermission),
  };
}

export function presentTeam(team: TeamWithMembers, keyPrefix: string) {
  return {
    uuid: team.uuid,
    name: team.name,
    permissions: team.permissions.map(presentPermission),
    apiKeys: team.keys.map((key) => presentKey(key, keyPrefix)),
    managedUsers: team.users.filter(({ kind }) => kind === "MANAGED").map(presentMember),
    ldapUsers: team.users.filter(({ kind }) => kind === "LDAP").map(presentMember),
    oidcUsers: team.users.filter(({ kind }) => kind === "OIDC").map(presentMember),
    mappedLdapGroups: [],
    mappedOidcGroups: [],
  };
}

/** `key` only right after it was made. */
export function presentKey(row: KeyRow, prefix: string, key?: string) {
  return {
    publicId: row.public_id,
    key,
    maskedKey: maskKey(prefix, row.public_id),
    comment: row.comment ?? undefined,
    created: row.created_at.getTime(),
    lastUsed: row.last_used_at?.getTime(),
    legacy: row.is_legacy,
  };
}

function presentMember(user: { username: string; email: string | null; fullname: string | null }) {
  return { username: user.username, email: user.email ?? undefined, fullname: user.fullname ?? undefined };
}
