import type { Client } from "pg";
import type { SequenceRecord } from "../manifest.ts";
import { quoted } from "./connection.ts";

/** The migrator's own lock row: state of a machine, not of the product. */
const NOT_DATA = "evertrack_schema_lock";

/** A table and the columns one may write. */
export interface Table {
  readonly name: string;
  /** Sorted. */
  readonly columns: readonly string[];
}

/** Every table of the product that holds rows, by name. */
export async function listTables(client: Client): Promise<Table[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attname::text collate "C") as columns
     from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relpersistence <> 't'
       and c.relname <> '${NOT_DATA}'
     group by c.oid order by c.relname collate "C"`,
  );
  return rows;
}

/** Bytes of all tables without their indexes. */
export async function tableBytes(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `select coalesce(sum(pg_table_size(oid)), 0)::text as bytes from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  return Number(rows[0]?.bytes ?? 0);
}

/** States of all sequences. They are not part of a snapshot, but never behind it. */
export async function readSequences(client: Client): Promise<SequenceRecord[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'
     order by relname collate "C"`,
  );
  const sequences: SequenceRecord[] = [];
  for (const { name } of rows) {
    const state = await client.query<{ value: string; isCalled: boolean }>(
      `select last_value::text as value, is_called as "isCalled" from public.${quoted(name)}`,
    );
    const [row] = state.rows;
    if (row !== undefined) sequences.push({ name, ...row });
  }
  return sequences;
}

/** What is known of a server and the database one is connected to. */
export interface ServerFacts {
  readonly version: string;
  readonly major: number;
  readonly encoding: string;
  readonly databaseBytes: number;
}

export async function readServer(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: string; number: number; encoding: string; bytes: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       pg_encoding_to_char(encoding) as encoding, pg_database_size(datname)::text as bytes
     from pg_database where datname = current_database()`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the server does not know its own database");
  const VERSION_UNIT = 10_000;
  const major = Math.floor(row.number / VERSION_UNIT);
  return { version: row.version, major, encoding: row.encoding, databaseBytes: Number(row.bytes) };
}
