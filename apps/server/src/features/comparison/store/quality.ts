import { sql } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** The quality recorded with the last import of a project; null where the release that imported it recorded none. */
export async function lastQuality(
  db: Db,
  projectId: number,
): Promise<{ quality: unknown; importedAt: Date } | undefined> {
  const { rows } = await sql<{ quality: unknown; importedAt: Date }>`/* comparison.lastQuality */
    select quality, imported_at as "importedAt" from bom_import
    where project_id = ${projectId} order by imported_at desc limit 1`.execute(db);
  return rows[0];
}
