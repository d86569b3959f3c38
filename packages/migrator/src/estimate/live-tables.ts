import type { Client } from "pg";

/** A table as the database knows it now. */
export type LiveTable = {
  /** `schema.name` */
  name: string;
  /** As the last ANALYZE counted them; null before the first. */
  rows: number | null;
  /** Of the rows alone. */
  heapBytes: number;
  /** With indexes and what is stored beside the rows. */
  bytes: number;
  /** Columns that a valid check constraint `column is not null` covers, or that are NOT NULL already. */
  notNull: string[];
};

/** Tables by `schema.name`, and the tables of indexes; what does not exist is absent. A name without a schema is one of `public`. */
export async function readLiveTables(
  client: Pick<Client, "query">,
  tables: readonly string[],
  indexes: readonly string[],
): Promise<{ tables: Map<string, LiveTable>; tableOfIndex: Map<string, string> }> {
  const tableOfIndex = new Map<string, string>();
  if (indexes.length > 0) {
    const { rows } = await client.query<{ index: string; table: string }>(
      `/* migrator.tablesOfIndexes */
       select format('%s.%s', s.nspname, c.relname) as index, format('%s.%s', ts.nspname, t.relname) as table
         from pg_index as i
         join pg_class as c on c.oid = i.indexrelid join pg_namespace as s on s.oid = c.relnamespace
         join pg_class as t on t.oid = i.indrelid join pg_namespace as ts on ts.oid = t.relnamespace
        where format('%s.%s', s.nspname, c.relname) = any ($1)`,
      [indexes],
    );
    for (const { index, table } of rows) tableOfIndex.set(index, table);
  }
  const wanted = [...new Set([...tables, ...tableOfIndex.values()])];
  if (wanted.length === 0) return { tables: new Map(), tableOfIndex };
  const { rows } = await client.query<LiveTable>(
    `/* migrator.liveTables */
     select format('%s.%s', s.nspname, c.relname) as name,
            case when c.reltuples < 0 then null else c.reltuples::float8 end as rows,
            pg_relation_size(c.oid)::float8 as "heapBytes", pg_total_relation_size(c.oid)::float8 as bytes,
            array(select a.attname::text from pg_attribute as a
                   where a.attrelid = c.oid and a.attnum > 0 and (a.attnotnull or exists (
                     select from pg_constraint as k
                      where k.conrelid = c.oid and k.contype = 'c' and k.convalidated
                        and pg_get_expr(k.conbin, c.oid) = format('(%I IS NOT NULL)', a.attname)))) as "notNull"
       from pg_class as c join pg_namespace as s on s.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm') and format('%s.%s', s.nspname, c.relname) = any ($1)`,
    [wanted],
  );
  return { tables: new Map(rows.map((row) => [row.name, row])), tableOfIndex };
}
