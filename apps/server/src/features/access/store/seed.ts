import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

interface SeedTeam {
  name: string;
  permissions: readonly string[];
}

/** Whether this database has never been seeded: no user and no team. */
export async function isUnseeded(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ unseeded: boolean }>`/* access.isUnseeded */
    select not exists (select 1 from user_account) and not exists (select 1 from team) as unseeded`.execute(tx);
  return rows[0]?.unseeded ?? false;
}

/** The teams and the first user of a new installation. Does nothing where they exist. */
export async function insertSeed(
  tx: Tx,
  teams: readonly SeedTeam[],
  admin: { passwordHash: string; permissions: readonly string[] },
): Promise<void> {
  await sql`/* access.seedTeams */
    with t as (insert into team (name) select x.name from jsonb_to_recordset(${JSON.stringify(teams)}::jsonb) as x(name text) on conflict do nothing returning id, name)
    insert into team_permission (team_id, permission)
    select t.id, p from t join jsonb_to_recordset(${JSON.stringify(teams)}::jsonb) as x(name text, permissions text[]) on x.name = t.name, unnest(x.permissions) p`.execute(
    tx,
  );
  await sql`/* access.seedAdmin */
    with u as (insert into user_account (username, email, fullname, password_hash, force_password_change)
        values ('admin', 'admin@localhost', 'Administrator', ${admin.passwordHash}, true) on conflict do nothing returning id),
      m as (insert into team_member (team_id, user_id) select t.id, u.id from team t, u where t.name = 'Administrators')
    insert into user_permission (user_id, permission) select u.id, p from u, unnest(${[...admin.permissions]}::text[]) p`.execute(
    tx,
  );
}
