import type { Database } from "../../platform/db/index.ts";

/** What the licenses feature is given by boot. */
export interface LicensesDeps {
  database: Database;
}
