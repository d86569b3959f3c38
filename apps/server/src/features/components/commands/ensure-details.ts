import type { Database } from "../../../platform/db/index.ts";
import { findDetails, insertDetails } from "../store/details.ts";
import { NOTHING_SAID_ID, sharedDetails } from "../store/shared-rows.ts";
import { ensureShared, type SharedTable } from "./ensure-shared.ts";

const table: SharedTable<string> = {
  what: "details of components",
  find: findDetails,
  insert: insertDetails,
  revive: sharedDetails.revive,
};

/** Row ids of details, given as JSON texts and in their order; see ensureShared. */
export async function ensureDetails(database: Database, rows: readonly { detail: string }[]): Promise<number[]> {
  const contents = new Map(rows.map(({ detail }) => [detail, detail]));
  contents.delete(NOTHING_SAID);
  const ids = await ensureShared(database, table, contents);
  return rows.map(({ detail }) => ids.get(detail) ?? NOTHING_SAID_ID);
}

const NOTHING_SAID = "{}";
