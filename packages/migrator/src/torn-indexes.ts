import type { Client } from "pg";
import { indexNamesIn } from "./classify/index-names.ts";

/**
 * Drops what an interrupted CREATE or REINDEX INDEX CONCURRENTLY left behind: invalid indexes, and only those the torn
 * file names. IF NOT EXISTS would otherwise take such an index for a good one.
 */
export async function dropInvalidIndexes(
  client: Client,
  statements: readonly { text: string }[],
  log: (message: string) => void,
): Promise<void> {
  const built = await Promise.all(statements.map((statement) => indexNamesIn(statement.text)));
  for (const { name, schema, leftoverPattern } of built.flat()) {
    const { rows } = await client.query<{ index: string }>(
      `select format('%I.%I', space.nspname, class.relname) as index
         from pg_index as index
         join pg_class as class on class.oid = index.indexrelid
         join pg_namespace as space on space.oid = class.relnamespace
        where not index.indisvalid and (class.relname = $1 or class.relname ~ $2)
          and space.nspname = coalesce($3, current_schema())`,
      [name, leftoverPattern, schema],
    );
    for (const { index } of rows) {
      log(`dropping index ${index}, left invalid by an interrupted build`);
      await client.query(`drop index concurrently if exists ${index}`);
    }
  }
}
