// Whether a component's CPE is one that a record names (spec analysis §4.1): the relations of all attributes, then the
// version in the record's range. NVD's criteria and hand-written vulnerable software are matched alike.

import { compareVersions, type Scheme } from "../versions/schemes.ts";
import { VersionError } from "../versions/version-order.ts";
import { CPE_ANY, CPE_ATTRIBUTES, CPE_NA, type Cpe, unquoteCpeValue } from "./cpe.ts";
import { type CpeRelation, relateCpeValues } from "./relation.ts";

/** The bounds of a record; an empty text counts as absent. */
export interface CpeRange {
  readonly startIncluding?: string | undefined;
  readonly startExcluding?: string | undefined;
  readonly endIncluding?: string | undefined;
  readonly endExcluding?: string | undefined;
}

/** A record's name with the versions it means. */
export interface CpeRecord {
  readonly cpe: Cpe;
  readonly range: CpeRange;
}

/** Whether a component is meant by a record. Versions are ordered as `scheme`, or generically where that cannot. */
export function matchesCpe(record: CpeRecord, component: Cpe, scheme: Scheme = "generic"): boolean {
  return relatesByName(record.cpe, component) && isVersionMeant(record, component.version, scheme);
}

function relatesByName(record: Cpe, component: Cpe): boolean {
  const isDisjoint = CPE_ATTRIBUTES.some((name) => relateCpeValues(record[name], component[name]) === "DISJOINT");
  if (isDisjoint) return false;
  const vendor = relateCpeValues(record.vendor, component.vendor);
  const product = relateCpeValues(record.product, component.product);
  return !areCrossed(vendor, product) && !areCrossed(product, vendor);
}

/** Vendor wider on one side and product wider on the other: nearly always two different things. */
function areCrossed(a: CpeRelation, b: CpeRelation): boolean {
  return a === "SUBSET" && b === "SUPERSET";
}

function isVersionMeant({ cpe, range }: CpeRecord, version: string, scheme: Scheme): boolean {
  if (version === CPE_ANY) return true;
  if (version === CPE_NA) return cpe.version === CPE_ANY || cpe.version === CPE_NA;
  if (!hasBounds(range)) return true;
  return isInRange(range, cpe.version, unquoteCpeValue(version), scheme);
}

function hasBounds(range: CpeRange): boolean {
  return [range.startIncluding, range.startExcluding, range.endIncluding, range.endExcluding].some(Boolean);
}

function isInRange(range: CpeRange, recordVersion: string, version: string, scheme: Scheme): boolean {
  try {
    const isNamed = recordVersion !== CPE_ANY && recordVersion !== CPE_NA;
    if (isNamed && compareVersions(scheme, version, unquoteCpeValue(recordVersion)) === 0) return true;
    return isWithinBounds(range, (bound) => compareVersions(scheme, version, bound));
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return scheme !== "generic" && isInRange(range, recordVersion, version, "generic");
  }
}

function isWithinBounds(range: CpeRange, compareTo: (bound: string) => number): boolean {
  const { startIncluding, startExcluding, endIncluding, endExcluding } = range;
  if (startIncluding && compareTo(startIncluding) < 0) return false;
  if (startExcluding && compareTo(startExcluding) <= 0) return false;
  if (endIncluding && compareTo(endIncluding) > 0) return false;
  return !endExcluding || compareTo(endExcluding) < 0;
}
