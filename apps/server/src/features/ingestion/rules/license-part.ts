import type { BomLicense } from "@evertrack/sbom";
import { tryParseExpression } from "@evertrack/sbom/spdx";
import type { InventoryComponent } from "../../components/index.ts";
import type { KnownLicenses } from "../../licenses/index.ts";

/** Finds licences by what BOMs call them. */
export type LicenseFinder = Pick<KnownLicenses, "find">;

/** What is stored of the licences of a component. */
interface LicensePart {
  statement: Pick<InventoryComponent, "license" | "licenseExpression" | "licenseUrl">;
  /** Everything the BOM says of licences, where the statement alone does not tell it. */
  licenses?: readonly BomLicense[];
}

const SINGLE_LICENSE = /^[A-Za-z0-9.+-]+$/;

/**
 * The statement names the first licence that is known, by its id, else the first one the BOM has a name for; with the first
 * expression. An expression of one identifier counts as a licence too, after the others; so does a text that is no expression.
 */
export function licensePart(licenses: readonly BomLicense[], known: LicenseFinder): LicensePart {
  const expressions = licenses.filter(({ kind }) => kind === "expression");
  const named = licenses.filter(({ kind }) => kind !== "expression");
  const sound = expressions.filter(({ value }) => tryParseExpression(value, { unknownIds: "keep" }) !== undefined);
  const names = expressions.filter((license) => SINGLE_LICENSE.test(license.value) || !sound.includes(license));
  const candidates = [...named, ...names];
  const found = known.find(candidates);
  const chosen = found?.candidate ?? candidates[0];
  const statement = {
    license: found?.licenseId ?? chosen?.value,
    licenseExpression: sound[0]?.value,
    licenseUrl: chosen?.url,
  };
  const [only] = licenses;
  if (only === undefined) return { statement };
  const isSaid = only.kind !== "expression" || statement.licenseExpression === only.value;
  if (licenses.length === 1 && isSaid && isTold(only, found)) return { statement };
  return { statement, licenses };
}

/** Whether the statement made of this licence alone leads back to it: see `licensesOf` of the components. */
function isTold({ kind, value, url, ...rest }: BomLicense, found: ReturnType<LicenseFinder["find"]>): boolean {
  if (Object.values(rest).some((member) => member !== undefined)) return false;
  if (kind === "expression")
    return url === undefined && (found === undefined || found.licenseId.toLowerCase() === value.toLowerCase());
  if (kind === "name") return found === undefined;
  return found?.licenseId === value && !found.custom;
}
