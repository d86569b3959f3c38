import { sql } from "kysely";
import type { Db, Tx } from "../../../platform/db/index.ts";

/** Stored configuration of an extension; undefined while nobody has configured it. */
export async function readExtensionConfig(db: Db, point: string, name: string): Promise<unknown> {
  const { rows } = await sql<{ config: unknown }>`/* settings.readExtensionConfig */
    select config from extension_config where extension_point = ${point} and extension = ${name}`.execute(db);
  return rows[0]?.config;
}

/** Stores a configuration; false when it was stored like this already. */
export async function writeExtensionConfig(tx: Tx, point: string, name: string, config: unknown): Promise<boolean> {
  const { rows } = await sql`/* settings.writeExtensionConfig */
    insert into extension_config (extension_point, extension, config)
    values (${point}, ${name}, ${JSON.stringify(config)}::jsonb)
    on conflict (extension_point, extension) do update set config = excluded.config, updated_at = now()
    where extension_config.config is distinct from excluded.config
    returning extension`.execute(tx);
  return rows.length > 0;
}

/** What an extension remembers under a key. */
export async function readExtensionState(db: Db, point: string, name: string, key: string): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`/* settings.readExtensionState */
    select value from extension_state where extension_point = ${point} and extension = ${name} and key = ${key}`.execute(
    db,
  );
  return rows[0]?.value;
}

/** Remembers a value; its version counts the writes. */
export async function writeExtensionState(
  tx: Tx,
  point: string,
  name: string,
  key: string,
  value: unknown,
): Promise<void> {
  await sql`/* settings.writeExtensionState */
    insert into extension_state (extension_point, extension, key, value)
    values (${point}, ${name}, ${key}, ${JSON.stringify(value)}::jsonb)
    on conflict (extension_point, extension, key) do update
    set value = excluded.value, version = extension_state.version + 1, updated_at = now()`.execute(tx);
}

/** How long ago an extension last wrote the keys, in milliseconds by the database's clock; keys it never wrote are missing. */
export async function extensionStateAges(
  db: Db,
  point: string,
  name: string,
  keys: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ key: string; age: number }>`/* settings.extensionStateAges */
    select key, extract(epoch from clock_timestamp() - updated_at)::float8 * 1000 as age from extension_state
    where extension_point = ${point} and extension = ${name} and key = any(${[...keys]}::text[])`.execute(db);
  return new Map(rows.map(({ key, age }) => [key, age]));
}
