import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

interface PrincipalRow {
  id: number;
  name: string;
  permissions: string[];
  team_ids: number[];
}

/** An API key with the permissions and ids of its teams; the secret's hash is for the caller to compare. */
export async function findKey(db: Db, publicId: string): Promise<(PrincipalRow & { secret_hash: string }) | undefined> {
  const { rows } = await sql<PrincipalRow & { secret_hash: string }>`/* access.findKey */
    select k.id, k.secret_hash,
      coalesce((array_agg(t.name order by t.id))[1], k.public_id) as name,
      coalesce(array_agg(t.id order by t.id) filter (where t.id is not null), '{}') as team_ids,
      array(select distinct p.permission from api_key_team kt join team_permission p on p.team_id = kt.team_id where kt.api_key_id = k.id) as permissions
    from api_key k left join api_key_team kt on kt.api_key_id = k.id left join team t on t.id = kt.team_id
    where k.public_id = ${publicId} group by k.id`.execute(db);
  return rows[0];
}

/** The user of an unexpired session, with direct and team permissions. Suspended users have no sessions. */
export async function findSession(db: Db, tokenHash: string): Promise<PrincipalRow | undefined> {
  const { rows } = await sql<PrincipalRow>`/* access.findSession */
    select u.id, u.username as name,
      array(select m.team_id from team_member m where m.user_id = u.id order by m.team_id) as team_ids,
      array(select permission from user_permission where user_id = u.id
            union select p.permission from team_member m join team_permission p on p.team_id = m.team_id where m.user_id = u.id) as permissions
    from user_session s join user_account u on u.id = s.user_id
    where s.token_hash = ${tokenHash} and s.expires_at > now() and not u.suspended`.execute(db);
  return rows[0];
}

export async function insertSession(
  tx: Tx,
  session: { tokenHash: string; userId: number; lifetimeMs: number },
): Promise<void> {
  await sql`/* access.insertSession */
    insert into user_session (token_hash, user_id, expires_at)
    values (${session.tokenHash}, ${session.userId}, now() + ${session.lifetimeMs} * interval '1 ms')`.execute(tx);
}

export async function deleteSession(tx: Tx, tokenHash: string): Promise<void> {
  await sql`/* access.deleteSession */ delete from user_session where token_hash = ${tokenHash}`.execute(tx);
}

export async function deleteSessionsOf(tx: Tx, userId: number): Promise<void> {
  await sql`/* access.deleteSessionsOf */ delete from user_session where user_id = ${userId}`.execute(tx);
}

/** Removes at most `limit` expired sessions; the number says whether more may be left. */
export async function deleteExpiredSessions(tx: Tx, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`/* access.deleteExpiredSessions */
    delete from user_session where token_hash in
      (select token_hash from user_session where expires_at <= now() order by expires_at limit ${limit} for update skip locked)`.execute(
    tx,
  );
  return Number(numAffectedRows ?? 0n);
}

/** Notes when keys were last used; rows are locked in id order. */
export async function touchKeys(tx: Tx, uses: readonly { id: number; usedAt: Date }[]): Promise<void> {
  await sql`/* access.touchKeys */
    update api_key k set last_used_at = greatest(k.last_used_at, u.used_at)
    from (select k2.id, u.used_at from unnest(${uses.map(({ id }) => id)}::int[], ${uses.map(({ usedAt }) => usedAt)}::timestamptz[]) u(id, used_at)
          join api_key k2 on k2.id = u.id order by k2.id for update of k2) u
    where k.id = u.id`.execute(tx);
}
