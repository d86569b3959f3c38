import type { Client } from "pg";
import { inTransaction, settle } from "./connection.ts";

const LOCK_TIMEOUT_MS = 10_000;

/** Whether the schema holds no table. */
export async function isEmpty(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') limit 1`,
  );
  return rowCount === 0;
}

/**
 * Drops every table, view, sequence, function and type of the schema, all or nothing. The schema itself stays, and with it the
 * rights and default rights that were granted on it; what belongs to an extension stays too.
 */
export async function emptySchema(client: Client): Promise<void> {
  await inTransaction(client, async () => {
    await settle(client, LOCK_TIMEOUT_MS);
    await client.query(DROP_EVERYTHING);
  });
}

const DROP_EVERYTHING = `do $$
declare
  v_drops text[];
  v_drop text;
begin
  select array_agg(d.statement) into v_drops from (
    select format('drop %s if exists %s cascade',
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, c.oid::regclass) as statement
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and not c.relispartition
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'a', 'i') and d.classid = 'pg_class'::regclass)
    union all
    select format('drop %s if exists %s cascade', case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end,
      p.oid::regprocedure)
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass)
    union all
    select format('drop type if exists %s cascade', t.oid::regtype)
    from pg_type t
    where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
      and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e' and d.classid = 'pg_type'::regclass)
  ) d;
  -- Written down first: what a cascade has dropped has no name any more.
  foreach v_drop in array coalesce(v_drops, '{}') loop
    execute v_drop;
  end loop;
end $$`;
