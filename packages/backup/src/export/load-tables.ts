/**
 * Fills an empty schema of the backup's migrations, all or nothing, without the rights of a superuser: triggers that write to
 * other columns or tables are off meanwhile – what they wrote is in the backup –, references are checked as always.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { inTransaction, quoted, settle } from "../database/connection.ts";
import type { SequenceRecord, TableRecord } from "../manifest.ts";
import { inLoadOrder } from "./load-order.ts";
import { fileOfTable, target } from "./write-tables.ts";

const LOCK_TIMEOUT_MS = 10_000;

/** What to load, and from where. */
export interface TableLoad {
  readonly directory: string;
  readonly tables: readonly TableRecord[];
  readonly sequences: readonly SequenceRecord[];
  readonly signal: AbortSignal | undefined;
}

/** Replaces the content of all tables and the states of all sequences. */
export async function loadTables(client: Client, load: TableLoad): Promise<void> {
  const { directory, tables, sequences, signal } = load;
  await inTransaction(client, async () => {
    await settle(client, LOCK_TIMEOUT_MS);
    const triggers = await enabledTriggers(client);
    await switchTriggers(client, triggers, "disable");
    await client.query(`truncate ${tables.map(({ name }) => `public.${quoted(name)}`).join(", ")}`);
    for (const table of await inLoadOrder(client, tables)) {
      const rows = createReadStream(join(directory, fileOfTable(table.name)));
      const sink = client.query(copyFrom(`copy ${target(table)} from stdin`));
      await pipeline(rows, createZstdDecompress(), sink, signal === undefined ? {} : { signal });
    }
    for (const { name, value, isCalled } of sequences)
      await client.query("select setval($1::regclass, $2, $3)", [`public.${quoted(name)}`, value, isCalled]);
    await switchTriggers(client, triggers, "enable");
  });
}

interface Trigger {
  table: string;
  name: string;
}

async function enabledTriggers(client: Client): Promise<Trigger[]> {
  const { rows } = await client.query<Trigger>(
    `select c.relname as table, t.tgname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and t.tgenabled = 'O' and c.relnamespace = 'public'::regnamespace`,
  );
  return rows;
}

async function switchTriggers(client: Client, triggers: readonly Trigger[], how: "enable" | "disable"): Promise<void> {
  for (const { table, name } of triggers)
    await client.query(`alter table public.${quoted(table)} ${how} trigger ${quoted(name)}`);
}
