import type { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { writeFileOf } from "../archive/files.ts";
import type { Table } from "../database/catalog.ts";
import { quoted } from "../database/connection.ts";
import type { FileRecord } from "../manifest.ts";

/** Where the rows of a table lie in an export: COPY text, compressed with zstd. */
export function fileOfTable(name: string): string {
  return `tables/${name}.copy.zst`;
}

/** Streams every table into a file of its own; memory does not grow with the rows. */
export async function writeTables(
  client: Client,
  tables: readonly Table[],
  directory: string,
  signal: AbortSignal | undefined,
): Promise<FileRecord[]> {
  const files: FileRecord[] = [];
  for (const table of tables) {
    const rows = client.query(copyTo(`copy ${target(table)} to stdout`));
    files.push(await writeFileOf(directory, fileOfTable(table.name), rows, { compress: true, signal }));
  }
  return files;
}

/** A table with its columns, as COPY names it. */
export function target({ name, columns }: Table): string {
  return `public.${quoted(name)} (${columns.map(quoted).join(", ")})`;
}
