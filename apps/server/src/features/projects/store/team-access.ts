import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** A team as projects need it; the table belongs to features/access and is only read here. */
export interface TeamRef {
  id: number;
  uuid: string;
  name: string;
}

/** Teams by UUID or by name. */
export async function findTeams(db: Db, uuids: readonly string[], names: readonly string[]): Promise<TeamRef[]> {
  const { rows } = await sql<TeamRef>`/* projects.findTeams */
    select id, uuid, name from team
    where uuid = any(${[...uuids]}::uuid[]) or name = any(${[...names]}::text[]) order by id`.execute(db);
  return rows;
}

/** Gives teams access to a project and all below it; returns how many did not have it before. */
export async function grantAccess(tx: Tx, projectId: number, teamIds: readonly number[]): Promise<number> {
  const { numAffectedRows } = await sql`/* projects.grantAccess */
    insert into project_access_team (project_id, team_id)
    select ${projectId}::int, t from unnest(${[...teamIds]}::int[]) t on conflict do nothing`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Takes a team's own access to a project; what it has through a parent stays. */
export async function revokeAccess(tx: Tx, projectId: number, teamId: number): Promise<number> {
  const { numAffectedRows } = await sql`/* projects.revokeAccess */
    delete from project_access_team where project_id = ${projectId} and team_id = ${teamId}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
