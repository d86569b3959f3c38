import type { LicenseCreation, LicenseResponse } from "@evertrack/contract/v1/license";
import type { LicensesDeps } from "../deps.ts";
import { licenseIdTaken, onlyCustomDeletable } from "../errors.ts";
import { requireLicense } from "../queries/licenses.ts";
import { deleteCustomLicense, insertCustomLicense } from "../store/licenses.ts";

/** `PUT /v1/license`: 409 when the id is taken. */
export async function createCustomLicense(
  { database }: LicensesDeps,
  license: LicenseCreation,
): Promise<LicenseResponse> {
  const added = await database.transaction((tx) => insertCustomLicense(tx, license));
  if (!added) throw licenseIdTaken();
  return requireLicense(database.db, license.licenseId);
}

/** `DELETE /v1/license/{licenseId}`: those of the SPDX list stay. Components keep the name they have. */
export async function removeCustomLicense({ database }: LicensesDeps, licenseId: string): Promise<void> {
  const removed = await database.transaction((tx) => deleteCustomLicense(tx, licenseId));
  if (removed) return;
  await requireLicense(database.db, licenseId);
  throw onlyCustomDeletable();
}
