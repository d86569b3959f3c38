import type { Db } from "../../../platform/db/index.ts";
import { type Page, PlainError, type Principal } from "../../../platform/http/index.ts";
import { presentPermission, presentTeam } from "../presentation.ts";
import { findTeam, listTeams, type TeamWithMembers, teamsById } from "../store/teams.ts";

/** One page of teams with members and masked keys. */
export async function teamsPage(db: Db, page: Page, keyPrefix: string) {
  const { rows, total } = await listTeams(db, page);
  return { total, items: rows.map((team) => presentTeam(team, keyPrefix)) };
}

/** 404 when there is no such team. */
export async function requireTeam(db: Db, uuid: string): Promise<TeamWithMembers> {
  const team = await findTeam(db, uuid);
  if (team === undefined) throw new PlainError(404, "The team could not be found.");
  return team;
}

/** The first team of an API key; 400 for users. */
export async function teamOfKey(db: Db, principal: Principal) {
  if (principal.kind !== "api-key") throw new PlainError(400, "Only API keys have a team of their own.");
  const [team] = await teamsById(db, principal.teamIds.slice(0, 1));
  if (team === undefined) throw new PlainError(404, "The API key belongs to no team.");
  return { uuid: team.uuid, name: team.name, permissions: [...principal.permissions].sort().map(presentPermission) };
}

/** Teams the caller may give a project to: the own ones, or all for those who manage access. */
export async function choosableTeams(db: Db, principal: Principal): Promise<{ uuid: string; name: string }[]> {
  const teams = await teamsById(db, principal.permissions.has("ACCESS_MANAGEMENT") ? "all" : principal.teamIds);
  return teams.map(({ uuid, name }) => ({ uuid, name }));
}
