import type { ConciseLicenseResponse } from "@evertrack/contract/v1/concise-license";
import type { LicenseResponse } from "@evertrack/contract/v1/license";
import type { Db } from "../../../platform/db/index.ts";
import { licenseNotFound } from "../errors.ts";
import { KnownLicenses } from "../rules/known-licenses.ts";
import * as store from "../store/licenses.ts";

/** What lists of licences can be sorted by, for routes. */
export { LICENSE_SORT_COLUMNS as LICENSE_SORT_NAMES } from "../store/licenses.ts";

/** The list has some 700 licences; a guard against custom ones made to exhaust memory. */
const LICENSES_MAX = 50_000;

/** One page of all licences, and how many there are. */
export async function licensesPage(
  db: Db,
  page: store.LicensePage,
): Promise<{ items: LicenseResponse[]; total: number }> {
  const [rows, total] = await Promise.all([store.listLicenses(db, page), store.countLicenses(db, page.searchText)]);
  return { items: rows.map(licenseJson), total };
}

/** All licences in short. */
export function conciseLicenses(db: Db): Promise<ConciseLicenseResponse[]> {
  return store.listConciseLicenses(db, LICENSES_MAX);
}

/** The licence with this id; 404 when there is none. */
export async function requireLicense(db: Db, licenseId: string): Promise<LicenseResponse> {
  const row = await store.readLicense(db, licenseId);
  if (row === undefined) throw licenseNotFound();
  return licenseJson(row);
}

/** What is known now, to find licences by what a BOM calls them; read once per import. */
export async function knownLicenses(db: Db): Promise<KnownLicenses> {
  return new KnownLicenses(await store.licenseNames(db, LICENSES_MAX));
}

/** Equal as long as `knownLicenses` are. */
export function knownLicensesDigest(db: Db): Promise<string> {
  return store.licenseNamesDigest(db);
}

/** Members without a value are left out. */
function licenseJson(row: store.LicenseRow): LicenseResponse {
  const { licenseText, standardLicenseTemplate, standardLicenseHeader, licenseComments, ...always } = row;
  return {
    ...always,
    ...(licenseText !== null && { licenseText }),
    ...(standardLicenseTemplate !== null && { standardLicenseTemplate }),
    ...(standardLicenseHeader !== null && { standardLicenseHeader }),
    ...(licenseComments !== null && { licenseComments }),
  };
}
