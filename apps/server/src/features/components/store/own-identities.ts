import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** A component whose identity no other component has; `sharedKey` is the key of the one it would have otherwise. */
export interface OwnIdentity {
  identityId: number;
  sharedKey: string;
}

/** Those of a project: few, because people make each of them. */
export async function ownIdentitiesOf(db: Db, projectId: number): Promise<OwnIdentity[]> {
  const { rows } = await sql<OwnIdentity>`/* components.ownIdentities */
    select identity_id as "identityId", shared_key as "sharedKey" from component_own_identity
    where project_id = ${projectId}`.execute(db);
  return rows;
}

/** A new identity that says what another one says, under a key that no component leads to. */
export async function copyIdentity(tx: Tx, identityId: number): Promise<{ id: number; copiedKey: string }> {
  const { rows } = await sql<{ id: number; copiedKey: string }>`/* components.copyIdentity */
    with original as (select * from component_identity where id = ${identityId}),
    copy as (
      insert into component_identity
        (key, group_name, name, version, purl, purl_coordinates, purl_type, cpe, swid_tag_id, scope, package_key)
      select gen_random_uuid(), group_name, name, version, purl, purl_coordinates, purl_type, cpe, swid_tag_id, scope, package_key
      from original returning id)
    select copy.id, original.key as "copiedKey" from copy, original`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error(`there is no identity ${identityId}`);
  return row;
}

/** Notes that a component has an identity of its own, or which one imports find it by from now on. */
export async function noteOwnIdentity(
  tx: Tx,
  projectId: number,
  { identityId, sharedKey }: OwnIdentity,
): Promise<void> {
  await sql`/* components.noteOwnIdentity */
    insert into component_own_identity (project_id, identity_id, shared_key)
    values (${projectId}, ${identityId}, ${sharedKey})
    on conflict (project_id, identity_id) do update set shared_key = excluded.shared_key`.execute(tx);
}
