import type { Client } from "pg";
import type { TableRecord } from "../manifest.ts";
import type { Table } from "./catalog.ts";
import { quoted } from "./connection.ts";

/**
 * Rows of a table and the sum of their hashes, which does not depend on their order. The hash is PostgreSQL's own, which stays the
 * same over its versions: partitions by hash rely on it. Call `settle` before: the text of a value depends on settings.
 */
export async function digestTable(client: Client, table: Table): Promise<TableRecord> {
  const values = table.columns.map((column) => `t.${quoted(column)}`).join(", ");
  const { rows } = await client.query<{ rows: string; digest: string }>(
    `select count(*)::text as rows, coalesce(sum(hashtextextended(row(${values})::text, 0)::numeric), 0)::text as digest
     from public.${quoted(table.name)} t`,
  );
  return { name: table.name, columns: [...table.columns], rows: Number(rows[0]?.rows), digest: rows[0]?.digest ?? "" };
}

/** What differs between tables of a backup and of a database, in words. */
export function compareTables(expected: readonly TableRecord[], found: readonly TableRecord[]): string[] {
  const there = new Map(found.map((table) => [table.name, table]));
  const wanted = new Set(expected.map(({ name }) => name));
  const extra = found.filter(({ name }) => !wanted.has(name)).map(({ name }) => `table ${name} is not in the backup`);
  return [...expected.flatMap((table) => compareTable(table, there.get(table.name))), ...extra];
}

function compareTable(expected: TableRecord, found: TableRecord | undefined): string[] {
  if (found === undefined) return [`table ${expected.name} is missing`];
  if (found.columns.join() !== expected.columns.join())
    return [
      `table ${expected.name} has the columns ${found.columns.join(", ")} instead of ${expected.columns.join(", ")}`,
    ];
  if (found.rows !== expected.rows)
    return [`table ${expected.name} has ${found.rows} rows instead of ${expected.rows}`];
  return found.digest === expected.digest ? [] : [`table ${expected.name} has other content in ${found.rows} rows`];
}
