import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";

/** Tables in an order in which every row finds what it refers to. */
export async function inLoadOrder<T extends { readonly name: string }>(
  client: Client,
  tables: readonly T[],
): Promise<T[]> {
  const { rows } = await client.query<{ from: string; to: string }>(
    `select distinct f.relname as from, t.relname as to from pg_constraint c
     join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
     where c.contype = 'f' and c.conrelid <> c.confrelid and f.relnamespace = 'public'::regnamespace`,
  );
  return sortByReferences(tables, rows);
}

/** The pure part: `from` refers to `to`. A table that refers to itself is loaded by one statement and needs no order. */
export function sortByReferences<T extends { readonly name: string }>(
  tables: readonly T[],
  references: readonly { from: string; to: string }[],
): T[] {
  const waiting = new Map(tables.map((table) => [table.name, table]));
  const sorted: T[] = [];
  while (waiting.size > 0) {
    const free = [...waiting.values()].filter(
      ({ name }) => !references.some(({ from, to }) => from === name && waiting.has(to)),
    );
    if (free.length === 0)
      throw new BackupError("failed", `tables refer to each other in a circle: ${[...waiting.keys()].join(", ")}`);
    for (const table of free) {
      sorted.push(table);
      waiting.delete(table.name);
    }
  }
  return sorted;
}
