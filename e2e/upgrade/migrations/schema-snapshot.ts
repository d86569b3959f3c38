import pg from "pg";

/** Everything a migration could do twice, half or not at all: shapes, code, what it inserted, its own history. */
const PARTS = {
  columns: `select format('%s.%s %s %s %s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      coalesce(pg_get_expr(d.adbin, d.adrelid), '-'), a.attidentity, a.attgenerated) as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped`,
  tables: `select format('%s %s %s', relname, relkind, reloptions) as line from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')`,
  constraints: `select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as line from pg_constraint
    where connamespace = 'public'::regnamespace`,
  indexes: `select format('%s %s %s', indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid)) as line from pg_index
    where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)`,
  functions:
    "select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'",
  triggers: "select pg_get_triggerdef(oid) as line from pg_trigger where not tgisinternal",
  history:
    "select format('%s %s %s %s %s', component, id, phase, state, checksum) as line from evertrack_schema_migration",
};

/** The snapshot of a database, by kind, in order; with the number of rows of each table. */
export async function schemaSnapshot(url: string): Promise<Record<string, string[]>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const lines = async (sql: string) =>
      (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line).sort();
    const snapshot: Record<string, string[]> = {};
    for (const [part, sql] of Object.entries(PARTS)) snapshot[part] = await lines(sql);
    const tables = await lines(
      "select relname as line from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    const counts = tables.map((table) => `select format('%s %s', '${table}', count(*)) as line from public."${table}"`);
    snapshot.rows = await lines(counts.join(" union all "));
    return snapshot;
  } finally {
    await client.end();
  }
}
