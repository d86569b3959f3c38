import { explain } from "@evertrack/migrator";
import type { LockFacts } from "../rules/facts.ts";

/** A component's migrations as they lie in this build, and the database they are for. */
export interface MigrationSource {
  component: string;
  directory: string;
  connectionString: string;
}

/**
 * What the pending expand migrations of a component would lock, and for how long. Reads catalogues only; parses the pending files,
 * which takes memory, so it is for a process that ends soon. Throws MigrationError when the history is not that of this build.
 */
export async function readLocks(source: MigrationSource, version: string): Promise<LockFacts[]> {
  const { component } = source;
  const { estimates } = await explain({ ...source, version });
  return estimates
    .filter(({ phase }) => phase === "expand")
    .flatMap(({ id, statements }) =>
      statements.flatMap(({ line, locks }) => locks.map((lock) => ({ ...lock, component, migration: id, line }))),
    );
}
