import { timingSafeEqual } from "node:crypto";
import { isPermission, type Permission } from "@evertrack/contract";
import type { Db } from "../../platform/db/index.ts";
import type { Authenticate, Principal } from "../../platform/http/index.ts";
import { hashSecret, readKey } from "./credentials/api-keys.ts";
import { hashSessionToken } from "./credentials/session-tokens.ts";
import type { KeyUsage } from "./key-usage.ts";
import { findKey, findSession } from "./store/principals.ts";

/** Looks the caller up at every request; a valid session wins over a valid key (spec: access control §1). */
export function createAuthenticate(db: Db, usage: KeyUsage): Authenticate {
  return async ({ apiKey, bearer }) => {
    const user = bearer === undefined ? undefined : await principalOfSession(db, bearer);
    return user ?? (apiKey === undefined ? undefined : principalOfKey(db, apiKey, usage));
  };
}

async function principalOfSession(db: Db, token: string): Promise<Principal | undefined> {
  const row = await findSession(db, hashSessionToken(token));
  return row === undefined ? undefined : toPrincipal("user", row);
}

async function principalOfKey(db: Db, text: string, usage: KeyUsage): Promise<Principal | undefined> {
  const presented = readKey(text);
  const row = presented === undefined ? undefined : await findKey(db, presented.publicId);
  if (presented === undefined || row === undefined) return undefined;
  if (!timingSafeEqual(Buffer.from(hashSecret(presented.secret)), Buffer.from(row.secret_hash))) return undefined;
  usage.note(row.id);
  return toPrincipal("api-key", row);
}

function toPrincipal(
  kind: Principal["kind"],
  row: { id: number; name: string; permissions: string[]; team_ids: number[] },
): Principal {
  const permissions = new Set<Permission>(row.permissions.filter(isPermission));
  return { kind, id: row.id, name: row.name, permissions, teamIds: row.team_ids, key: `${kind}:${row.id}` };
}
