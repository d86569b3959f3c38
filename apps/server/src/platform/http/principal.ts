import type { Permission } from "@evertrack/contract";

/** Who makes a request, as found out by the access feature. */
export interface Principal {
  readonly kind: "user" | "api-key";
  /** Row id of the user or key. */
  readonly id: number;
  /** User name, or the name of the key's first team: what audit trails show. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Teams of the user or key, lowest id first. */
  readonly teamIds: readonly number[];
  /** `user:<id>` or `api-key:<id>`: scope of idempotency keys. */
  readonly key: string;
}

export function holdsAny(principal: Principal, permissions: readonly Permission[]): boolean {
  return permissions.some((permission) => principal.permissions.has(permission));
}

/** Finds out who asks; undefined = nobody known (401). */
export type Authenticate = (headers: { apiKey?: string; bearer?: string }) => Promise<Principal | undefined>;
