import type { Database } from "../../../platform/db/index.ts";
import type { LicenseStatement } from "../rules/inventory.ts";
import { findLicenses, insertLicenses } from "../store/licenses.ts";
import { NOTHING_SAID_ID, sharedLicenses } from "../store/shared-rows.ts";
import { ensureShared, type SharedTable } from "./ensure-shared.ts";

const table: SharedTable<LicenseStatement> = {
  what: "licence statements",
  find: findLicenses,
  insert: insertLicenses,
  revive: sharedLicenses.revive,
};

/** Row ids of what is said of licences, in the order of the rows; see ensureShared. */
export async function ensureLicenses(database: Database, rows: readonly LicenseStatement[]): Promise<number[]> {
  const texts = rows.map(textOf);
  const statements = new Map(texts.map((text, row) => [text, rows[row] ?? {}]));
  statements.delete(NOTHING_SAID);
  const ids = await ensureShared(database, table, statements);
  return texts.map((text) => ids.get(text) ?? NOTHING_SAID_ID);
}

/** Equal for equal statements only; as JSON, so that what is absent differs from an empty text. */
function textOf({ license, licenseExpression, licenseUrl }: LicenseStatement): string {
  return JSON.stringify([license, licenseExpression, licenseUrl]);
}

const NOTHING_SAID = textOf({});
