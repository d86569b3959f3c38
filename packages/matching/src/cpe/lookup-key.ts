// What an index of records is asked for before names are compared: only records whose part, vendor and product can
// relate to the component's. Records whose vendor or product has wildcards inside are found only by their exact text.

import { CPE_ANY, CPE_NA, type Cpe } from "./cpe.ts";

/** The values that each attribute of a candidate may have; undefined: any value. */
export interface CpeLookup {
  readonly part: readonly string[] | undefined;
  readonly vendor: readonly string[] | undefined;
  readonly product: readonly string[];
}

/** What to look up for a component; undefined when its product says nothing, so that it is not analysed by CPE. */
export function cpeLookupOf({ part, vendor, product }: Cpe): CpeLookup | undefined {
  if (product === CPE_ANY || product === CPE_NA) return undefined;
  return { part: candidates(part), vendor: candidates(vendor), product: [CPE_ANY, product.toLowerCase()] };
}

/** The key that a record is stored under: part, vendor and product in lower case. */
export function cpeRecordKey({ part, vendor, product }: Cpe): Pick<Cpe, "part" | "vendor" | "product"> {
  return { part: part.toLowerCase(), vendor: vendor.toLowerCase(), product: product.toLowerCase() };
}

/**
 * The product reduced to its letters and digits of ASCII in lower case: what indexes are asked for. Equal products have equal keys;
 * different ones may too, so names are compared afterwards. A record for any product has the key `*`.
 */
export function cpeProductKey(product: string): string {
  return product === CPE_ANY ? CPE_ANY : product.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase();
}

function candidates(value: string): readonly string[] | undefined {
  return value === CPE_ANY ? undefined : [CPE_ANY, value.toLowerCase()];
}

/** Whether an index asked for `lookup` gives out a record. */
export function isCpeCandidate(record: Cpe, lookup: CpeLookup): boolean {
  const { part, vendor, product } = cpeRecordKey(record);
  const isPart = lookup.part?.includes(part) ?? true;
  const isVendor = lookup.vendor?.includes(vendor) ?? true;
  return isPart && isVendor && lookup.product.includes(product);
}
