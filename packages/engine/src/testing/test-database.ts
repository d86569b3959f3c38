import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { migrate } from "@evertrack/migrator";
import pg from "pg";
import { engineMigrationsDirectory } from "../migrations.ts";

const TEMPLATE_NAME = "engine";
const POOL_SIZE = 10;

/** Applies the engine's migrations. */
export async function prepareEngineDatabase(url: string): Promise<void> {
  await migrate({ connectionString: url, directory: engineMigrationsDirectory, component: "engine", version: "test" });
}

/** A database of its own with the engine's tables. */
export async function engineTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return testDatabase({
    template: { name: TEMPLATE_NAME, prepare: prepareEngineDatabase, inputs: [engineMigrationsDirectory] },
  });
}

/** A pool for a test; lost idle connections do not end the process. */
export function openTestPool(url: string, sizeMax: number = POOL_SIZE): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: sizeMax });
  pool.on("error", () => undefined);
  return pool;
}
