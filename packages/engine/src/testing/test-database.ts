import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import pg from "pg";
import { engineMigrationsDirectory } from "../migrations.ts";

const TEMPLATE_VERSION = "engine";
const POOL_SIZE = 10;

/** Applies the engine's migrations to an empty database. */
export async function prepareEngineDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const files = (await readdir(engineMigrationsDirectory)).filter((file) => file.endsWith(".sql")).sort();
    for (const file of files) await client.query(await readFile(join(engineMigrationsDirectory, file), "utf8"));
  } finally {
    await client.end();
  }
}

/** A database of its own with the engine's tables. */
export async function engineTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return testDatabase({ template: { name: TEMPLATE_VERSION, prepare: prepareEngineDatabase } });
}

/** A pool for a test; lost idle connections do not end the process. */
export function openTestPool(url: string, sizeMax: number = POOL_SIZE): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: sizeMax });
  pool.on("error", () => undefined);
  return pool;
}
