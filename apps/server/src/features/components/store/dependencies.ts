import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";
import type { ComponentRow } from "./presented.ts";

type IdentityColumns =
  | "group_name"
  | "name"
  | "version"
  | "purl"
  | "purl_coordinates"
  | "cpe"
  | "swid_tag_id"
  | "scope";

/** A component as something that is depended on. */
export interface DependencyRow extends Pick<ComponentRow, "uuid" | IdentityColumns> {
  id: number;
}

/** Those of the identities that are components of the project, by name. */
export async function dependenciesById(db: Db, projectId: number, ids: readonly number[]): Promise<DependencyRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<DependencyRow>`/* components.dependenciesById */
    select i.id, c.uuid, i.group_name, i.name, i.version, i.purl, i.purl_coordinates, i.cpe, i.swid_tag_id, i.scope
    from unnest(${[...ids]}::int[]) as wanted(id)
      join component c on c.project_id = ${projectId} and c.identity_id = wanted.id
      join component_identity i on i.id = wanted.id
    order by i.name, i.version, i.id`.execute(db);
  return rows;
}

/** What these components of a project depend on; those that depend on nothing are missing. */
export async function dependenciesOf(
  db: Db,
  projectId: number,
  ids: readonly number[],
): Promise<Map<number, number[]>> {
  const { rows } = await sql<{ id: number; dependsOn: number[] }>`/* components.dependenciesOf */
    select identity_id as id, depends_on as "dependsOn" from component_graph
    where project_id = ${projectId} and identity_id = any(${[...ids]}::int[])`.execute(db);
  return new Map(rows.map(({ id, dependsOn }) => [id, dependsOn]));
}

/** Row ids of the identities of those of the components that are in the project, by UUID. */
export async function identitiesByUuid(
  db: Db,
  projectId: number,
  uuids: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ uuid: string; id: number }>`/* components.identitiesByUuid */
    select uuid, identity_id as id from component
    where uuid = any(${[...uuids]}::uuid[]) and project_id = ${projectId}`.execute(db);
  return new Map(rows.map(({ uuid, id }) => [uuid, id]));
}
