import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { ComponentKey } from "./component-risk.ts";

/** A reference of components that is null until a backfill has come to them. Each has an index of those where it is null. */
export type PendingReference = "license_id" | "detail_id";

const INDEX: Readonly<Record<PendingReference, string>> = {
  license_id: "component_license_pending",
  detail_id: "component_detail_pending",
};

/** The next components without the reference, at most `limit`, in key order. */
export async function nextPendingComponents(
  db: Db,
  reference: PendingReference,
  after: ComponentKey,
  limit: number,
): Promise<ComponentKey[]> {
  const { rows } = await sql<ComponentKey>`/* components.nextPendingComponents */
    select project_id as "projectId", identity_id as "identityId" from component
    where ${sql.ref(reference)} is null and (project_id, identity_id) > (${after.projectId}::int, ${after.identityId}::int)
    order by project_id, identity_id limit ${limit}`.execute(db);
  return rows;
}

/** Keys as a table `k(p, i)`. */
export function keysOf(keys: readonly ComponentKey[]): RawBuilder<unknown> {
  const projects = keys.map(({ projectId }) => projectId);
  const identities = keys.map(({ identityId }) => identityId);
  return sql`unnest(${projects}::int[], ${identities}::int[]) as k(p, i)`;
}

/** How many components are without the reference. */
export async function countPendingComponents(db: Db, reference: PendingReference): Promise<number> {
  const { rows } = await sql<{ n: number }>`/* components.countPending */
    select count(*)::int as n from component where ${sql.ref(reference)} is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** About how many those are. */
export async function estimatePendingComponents(db: Db, reference: PendingReference): Promise<number> {
  const { rows } = await sql<{ n: number }>`/* components.estimatePending */
    select greatest(reltuples, 0)::int as n from pg_class where oid = to_regclass(${INDEX[reference]})`.execute(db);
  return rows[0]?.n ?? 0;
}
