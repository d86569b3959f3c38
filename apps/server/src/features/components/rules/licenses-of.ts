import type { LicenseStatement, StatedLicense } from "./inventory.ts";

/** What is stored of the licences of a component. */
export interface StoredLicenses {
  statement: LicenseStatement;
  /** `detail.licenses`. */
  stated?: readonly StatedLicense[] | undefined;
  /** The statement names a licence of the SPDX list, so its name is an id. */
  isSpdx: boolean;
}

/** Everything a BOM said of the licences of a component, as an export gives it back: the list where one is kept, else the statement. */
export function licensesOf({ statement, stated, isSpdx }: StoredLicenses): readonly StatedLicense[] {
  if (stated !== undefined) return stated;
  const { license, licenseExpression, licenseUrl } = statement;
  const expression: StatedLicense[] =
    licenseExpression === undefined ? [] : [{ kind: "expression", value: licenseExpression }];
  // An expression of one identifier stands for a licence of its own: the name repeats it.
  if (license === undefined || license.toLowerCase() === licenseExpression?.toLowerCase()) return expression;
  const url = licenseUrl === undefined ? {} : { url: licenseUrl };
  return [{ kind: isSpdx ? "id" : "name", value: license, ...url }, ...expression];
}
