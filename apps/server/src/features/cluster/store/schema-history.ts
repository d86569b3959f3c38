import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** Whether the cluster's own tables are there; a database that was never migrated has none. */
export async function hasClusterTables(db: Db): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`/* cluster.hasTables */
    select to_regclass('cluster_state') is not null and to_regclass('cluster_instance') is not null
      and exists (select from pg_attribute where attrelid = to_regclass('cluster_state') and attname = 'finalize_step'
        and not attisdropped) as present`.execute(db);
  return rows[0]?.present ?? false;
}

/** Whether any migration was ever recorded. */
export async function hasSchemaHistory(db: Db): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`/* cluster.hasHistory */
    select to_regclass('evertrack_schema_migration') is not null as present`.execute(db);
  return rows[0]?.present ?? false;
}

/** Whether every migration that was begun or done is recorded as of this version. */
export async function isMigratedOnlyBy(db: Db, version: string): Promise<boolean> {
  const { rows } = await sql<{ only: boolean }>`/* cluster.isMigratedOnlyBy */
    select not exists (select from evertrack_schema_migration where version <> ${version}) as only`.execute(db);
  return rows[0]?.only ?? false;
}

/** Contract migrations that were begun or done, as `component/id`. */
export async function listContracts(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`/* cluster.listContracts */
    select component || '/' || id as name from evertrack_schema_migration where phase = 'contract'
    order by component, id`.execute(db);
  return rows.map(({ name }) => name);
}
