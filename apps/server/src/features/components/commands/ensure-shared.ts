import type { Database, Db, Tx } from "../../../platform/db/index.ts";

/** A row that is stored; `orphaned` = no component had it when that was last looked at. */
export interface KnownRow {
  /** Its place among those that were asked for. */
  ordinal: number;
  id: number;
  orphaned: boolean;
}

/** A table of what components share. */
export interface SharedTable<T> {
  /** Plural, for people. */
  readonly what: string;
  /** Those of the rows that are stored. */
  find(db: Db, wanted: readonly T[]): Promise<KnownRow[]>;
  /** Stores rows in key order, leaving those that somebody else stores at the same time. */
  insert(tx: Tx, missing: readonly T[]): Promise<void>;
  revive(tx: Tx, ids: readonly number[]): Promise<void>;
}

/** A row may be removed as orphaned between being found and being kept. */
const ATTEMPTS_MAX = 5;

/**
 * Row ids of what is wanted, under the same names; what is missing is stored, what is about to be removed is kept. In short
 * transactions of its own, in key order, for the reason identities are (see ensureIdentities).
 */
export async function ensureShared<T>(
  database: Database,
  table: SharedTable<T>,
  wanted: ReadonlyMap<string, T>,
): Promise<Map<string, number>> {
  const names = [...wanted.keys()];
  const values = [...wanted.values()];
  if (values.length === 0) return new Map();
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const known = await table.find(database.db, values);
    const found = new Set(known.map(({ ordinal }) => ordinal));
    const missing = values.filter((_, ordinal) => !found.has(ordinal));
    const orphaned = known.filter((row) => row.orphaned).map(({ id }) => id);
    if (missing.length === 0 && orphaned.length === 0)
      return new Map(known.map(({ ordinal, id }) => [names[ordinal] ?? "", id]));
    await database.transaction(async (tx) => {
      if (missing.length > 0) await table.insert(tx, missing);
      if (orphaned.length > 0) await table.revive(tx, orphaned);
    });
  }
  throw new Error(`${table.what} kept vanishing in ${ATTEMPTS_MAX} attempts`);
}
