import { sql } from "kysely";
import { Database, type Db } from "../../../platform/db/index.ts";
import type { Log } from "../../../platform/log/log.ts";

/** Migrations that are done, as `component/id`; none when nothing was ever migrated. */
export async function listDoneMigrations(db: Db): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`/* upgrades.listDone */
    select component || '/' || id as name from evertrack_schema_migration where state = 'done'`.execute(db);
  return new Set(rows.map(({ name }) => name));
}

const ONE_LOOK = {
  name: "owner",
  poolSizeMax: 1,
  idleTimeoutMs: 1_000,
  connectionLifetimeMs: 60_000,
  connectTimeoutMs: 15_000,
  queryTimeoutMs: 15_000,
  applicationName: "evertrack-finalize",
};

/** Whether the role of this URL may create tables and change every table there is. */
export async function ownsSchema(url: string, log: Log): Promise<boolean> {
  const database = new Database({ ...ONE_LOOK, url }, log);
  try {
    const { rows } = await sql<{ owns: boolean }>`/* upgrades.ownsSchema */
      select has_schema_privilege(current_schema(), 'create') and not exists (
        select from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
          and not pg_has_role(c.relowner, 'usage')) as owns`.execute(database.db);
    return rows[0]?.owns ?? false;
  } finally {
    await database.close();
  }
}
