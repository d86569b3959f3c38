import type { Database } from "../../../platform/db/index.ts";
import type { LicenseStatement } from "../rules/inventory.ts";
import { findLicenses, insertLicenses, NO_LICENSE_ID, reviveLicenses } from "../store/licenses.ts";

/** A statement may be removed as orphaned between being found and being kept. */
const ATTEMPTS_MAX = 5;

/**
 * Row ids of what is said of licences, in the order of the rows; statements that are missing are stored, ones about to be removed
 * are kept. In short transactions of its own, in key order, for the reason identities are (see ensureIdentities).
 */
export async function ensureLicenses(database: Database, rows: readonly LicenseStatement[]): Promise<number[]> {
  const texts = rows.map(textOf);
  const statements = new Map(texts.map((text, row) => [text, rows[row] ?? {}]));
  statements.delete(NOTHING_SAID);
  const ids = await idsOf(database, statements);
  return texts.map((text) => ids.get(text) ?? NO_LICENSE_ID);
}

async function idsOf(
  database: Database,
  statements: ReadonlyMap<string, LicenseStatement>,
): Promise<Map<string, number>> {
  const texts = [...statements.keys()];
  const wanted = [...statements.values()];
  const ids = new Map<string, number>();
  for (let attempt = 1; wanted.length > 0; attempt++) {
    if (attempt > ATTEMPTS_MAX) throw new Error(`licence statements kept vanishing in ${ATTEMPTS_MAX} attempts`);
    const known = await findLicenses(database.db, wanted);
    const found = new Map(known.map(({ ordinal, id }) => [ordinal, id]));
    const missing = wanted.filter((_, ordinal) => !found.has(ordinal));
    const orphaned = known.filter((license) => license.orphaned).map(({ id }) => id);
    if (missing.length === 0 && orphaned.length === 0) {
      for (const [ordinal, id] of found) ids.set(texts[ordinal] ?? "", id);
      return ids;
    }
    await database.transaction(async (tx) => {
      if (missing.length > 0) await insertLicenses(tx, missing);
      if (orphaned.length > 0) await reviveLicenses(tx, orphaned);
    });
  }
  return ids;
}

/** Equal for equal statements only; as JSON, so that what is absent differs from an empty text. */
function textOf({ license, licenseExpression, licenseUrl }: LicenseStatement): string {
  return JSON.stringify([license, licenseExpression, licenseUrl]);
}

const NOTHING_SAID = textOf({});
