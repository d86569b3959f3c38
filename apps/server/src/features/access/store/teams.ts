import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

export interface KeyRow {
  public_id: string;
  comment: string | null;
  created_at: Date;
  last_used_at: Date | null;
  is_legacy: boolean;
}

export interface TeamRow {
  id: number;
  uuid: string;
  name: string;
}

export interface TeamWithMembers extends TeamRow {
  permissions: string[];
  users: { username: string; kind: string; email: string | null; fullname: string | null }[];
  keys: KeyRow[];
}

const WITH_MEMBERS = sql`t.id, t.uuid, t.name,
  array(select p.permission from team_permission p where p.team_id = t.id order by 1) as permissions,
  coalesce((select jsonb_agg(jsonb_build_object('username', u.username, 'kind', u.kind, 'email', u.email, 'fullname', u.fullname) order by u.username)
    from team_member m join user_account u on u.id = m.user_id where m.team_id = t.id), '[]') as users,
  coalesce((select jsonb_agg(jsonb_build_object('public_id', k.public_id, 'comment', k.comment, 'created_at', k.created_at,
      'last_used_at', k.last_used_at, 'is_legacy', k.is_legacy) order by k.id)
    from api_key_team kt join api_key k on k.id = kt.api_key_id where kt.team_id = t.id), '[]') as keys`;

export async function listTeams(
  db: Db,
  page: { offset: number; limit: number; searchText?: string | undefined },
): Promise<{ rows: TeamWithMembers[]; total: number }> {
  const text = page.searchText === undefined ? null : `%${page.searchText.toLowerCase()}%`;
  const { rows } = await sql<TeamWithMembers & { total: number }>`/* access.listTeams */
    select ${WITH_MEMBERS}, count(*) over () as total from team t
    where ${text}::text is null or lower(t.name) like ${text} order by t.name offset ${page.offset} limit ${page.limit}`.execute(
    db,
  );
  return { rows: rows.map(withDates), total: rows[0]?.total ?? 0 };
}

export async function findTeam(db: Db, uuid: string): Promise<TeamWithMembers | undefined> {
  const { rows } =
    await sql<TeamWithMembers>`/* access.findTeam */ select ${WITH_MEMBERS} from team t where t.uuid = ${uuid}`.execute(
      db,
    );
  return rows.map(withDates)[0];
}

/** Ids of teams by uuid; unknown ones are missing from the answer. */
export async function findTeamIds(db: Db, uuids: readonly string[]): Promise<TeamRow[]> {
  const { rows } = await sql<TeamRow>`/* access.findTeamIds */
    select id, uuid, name from team where uuid = any(${[...uuids]}::uuid[]) order by id`.execute(db);
  return rows;
}

/** Teams by id, or all of them. */
export async function teamsById(db: Db, ids: readonly number[] | "all"): Promise<TeamRow[]> {
  const { rows } = await sql<TeamRow>`/* access.teamsById */
    select id, uuid, name from team where ${ids === "all"} or id = any(${ids === "all" ? [] : [...ids]}::int[]) order by name`.execute(
    db,
  );
  return rows;
}

/** Undefined when the name is taken. */
export async function insertTeam(tx: Tx, name: string): Promise<string | undefined> {
  const { rows } = await sql<{ uuid: string }>`/* access.insertTeam */
    insert into team (name) values (${name}) on conflict (name) do nothing returning uuid`.execute(tx);
  return rows[0]?.uuid;
}

/** False when another team has the name. */
export async function renameTeam(tx: Tx, id: number, name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`/* access.renameTeam */
    update team set name = ${name} where id = ${id} and not exists (select 1 from team where name = ${name} and id <> ${id})`.execute(
    tx,
  );
  return numAffectedRows === 1n;
}

/** With the keys that belong to this team alone. */
export async function deleteTeam(tx: Tx, id: number): Promise<void> {
  await sql`/* access.deleteKeysOfTeam */
    delete from api_key k where exists (select 1 from api_key_team where api_key_id = k.id and team_id = ${id})
      and not exists (select 1 from api_key_team where api_key_id = k.id and team_id <> ${id})`.execute(tx);
  await sql`/* access.deleteTeam */ delete from team where id = ${id}`.execute(tx);
}

/** Makes the permissions of a team equal the given ones. */
export async function replaceTeamPermissions(tx: Tx, teamId: number, permissions: readonly string[]): Promise<void> {
  await sql`/* access.removeOtherTeamPermissions */
    delete from team_permission where team_id = ${teamId} and permission <> all(${[...permissions]}::text[])`.execute(
    tx,
  );
  await sql`/* access.addTeamPermissions */
    insert into team_permission (team_id, permission) select ${teamId}, p from unnest(${[...permissions]}::text[]) as x(p) order by p
    on conflict do nothing`.execute(tx);
}

/** Undefined when the public id is taken. */
export async function insertKey(
  tx: Tx,
  teamId: number,
  key: { publicId: string; secretHash: string },
): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`/* access.insertKey */
    with k as (insert into api_key (public_id, secret_hash) values (${key.publicId}, ${key.secretHash})
        on conflict (public_id) do nothing returning *),
      link as (insert into api_key_team (team_id, api_key_id) select ${teamId}, id from k)
    select public_id, comment, created_at, last_used_at, is_legacy from k`.execute(tx);
  return rows[0];
}

/** A new secret for a known public id. */
export async function replaceKeySecret(tx: Tx, publicId: string, secretHash: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`/* access.replaceKeySecret */
    update api_key set secret_hash = ${secretHash}, is_legacy = false where public_id = ${publicId}
    returning public_id, comment, created_at, last_used_at, is_legacy`.execute(tx);
  return rows[0];
}

export async function commentKey(tx: Tx, publicId: string, comment: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`/* access.commentKey */
    update api_key set comment = ${comment} where public_id = ${publicId}
    returning public_id, comment, created_at, last_used_at, is_legacy`.execute(tx);
  return rows[0];
}

export async function deleteKey(tx: Tx, publicId: string): Promise<boolean> {
  const { numAffectedRows } =
    await sql`/* access.deleteKey */ delete from api_key where public_id = ${publicId}`.execute(tx);
  return numAffectedRows === 1n;
}

/** jsonb gives timestamps as text. */
function withDates<T extends TeamWithMembers>(row: T): T {
  const keys = row.keys.map((key) => ({
    ...key,
    created_at: new Date(key.created_at),
    last_used_at: key.last_used_at === null ? null : new Date(key.last_used_at),
  }));
  return { ...row, keys };
}
