import { engineTestDatabase, prepareEngineDatabase } from "../../src/testing/index.ts";

/** Runs a bench on a fresh database, or on the one at `url`, which is migrated and kept. */
export async function withDatabase(url: string | undefined, bench: (url: string) => Promise<void>): Promise<void> {
  if (url !== undefined) {
    await prepareEngineDatabase(url);
    return bench(url);
  }
  const database = await engineTestDatabase();
  try {
    await bench(database.url);
  } finally {
    await database.drop();
  }
}
