import type { Database } from "../../../platform/db/index.ts";
import { DEFAULT_GROUPS } from "../rules/default-groups.ts";
import { SPDX_LIST } from "../rules/spdx-list.ts";
import { spdxLicenses } from "../spdx-package.ts";
import {
  insertDefaultGroups,
  lockSpdxEdition,
  recordSpdxList,
  spdxEdition,
  upsertSpdxLicenses,
} from "../store/spdx-list.ts";

/**
 * Brings in the SPDX list of this build unless the database has it, or that of a newer build; with the first one come the default
 * groups. All or nothing; of several instances that start at once one does it, and the others wait for it.
 */
export async function seedLicenses(database: Database): Promise<void> {
  if ((await spdxEdition(database.db)) >= SPDX_LIST.edition) return;
  await database.transaction(async (tx) => {
    const before = await lockSpdxEdition(tx);
    if (before >= SPDX_LIST.edition) return;
    for await (const licenses of spdxLicenses()) await upsertSpdxLicenses(tx, licenses);
    if (before === 0) await insertDefaultGroups(tx, DEFAULT_GROUPS);
    await recordSpdxList(tx, SPDX_LIST);
  });
}
