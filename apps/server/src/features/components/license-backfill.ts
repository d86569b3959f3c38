import { componentBackfill } from "./component-backfill.ts";
import { referToLicenses, storeLicensesOf } from "./store/license-shapes.ts";

/** Brings the licences of components into the shape of 0.2.0: three texts on every row become a reference to the one row that holds them. */
export const licenseBackfill = componentBackfill({
  name: "component-license",
  release: "0.2.0",
  reference: "license_id",
  store: storeLicensesOf,
  refer: referToLicenses,
});
