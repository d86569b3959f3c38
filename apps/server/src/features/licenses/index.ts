import type { LicensesDeps } from "./deps.ts";
import { licenseRoutes } from "./routes/v1/license.ts";
import { licenseGroupRoutes } from "./routes/v1/license-group.ts";

export { seedLicenses } from "./commands/seed.ts";
export { knownLicenses, knownLicensesDigest } from "./queries/licenses.ts";
export type { KnownLicenses } from "./rules/known-licenses.ts";
export { type ResolvedLicense, resolvedLicense } from "./store/resolved-license.ts";

/** Licences: the SPDX list, custom ones, and groups of them. */
export function licensesFeature(deps: LicensesDeps) {
  return { routes: [...licenseRoutes(deps), ...licenseGroupRoutes(deps)] };
}
