// Whether a component's CPE is one that a record names (spec analysis §4.1): the relations of all attributes, then the
// version in the record's range. NVD's criteria and hand-written vulnerable software are matched alike.

import { compareVersions, type Scheme } from "../versions/schemes.ts";
import { VersionError } from "../versions/version-order.ts";
import { CPE_ANY, CPE_ATTRIBUTES, CPE_NA, type Cpe, type CpeAttribute, unquoteCpeValue } from "./cpe.ts";
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

/** One comparison of a component's version with a bound of a record's range, or with the version the record names. */
export interface CpeBoundComparison {
  bound: keyof CpeRange | "version";
  /** As the record writes it, without quoting. */
  text: string;
  /** Whether the component's version is lower than the bound, the same, or higher. */
  order: -1 | 0 | 1;
}

/** Why a component is meant by a record or not, as far as it was looked at. */
export interface CpeTrial {
  /** The attribute that means something else; undefined when the names agree. */
  differsIn?: CpeAttribute;
  /** One name is wider in its vendor and narrower in its product than the other. */
  isCrossed?: true;
  /** The order that versions were compared by. */
  scheme: Scheme;
  /** Those made, the last of them decided; none where the names alone decide. */
  comparisons: CpeBoundComparison[];
}

/**
 * Whether a component is meant by a record. Versions are ordered as `scheme`, or generically where that cannot. What was looked at is
 * noted in `trial`.
 */
export function matchesCpe(record: CpeRecord, component: Cpe, scheme: Scheme = "generic", trial?: CpeTrial): boolean {
  return relatesByName(record.cpe, component, trial) && isVersionMeant(record, component.version, scheme, trial);
}

function relatesByName(record: Cpe, component: Cpe, trial?: CpeTrial): boolean {
  const disjoint = CPE_ATTRIBUTES.find((name) => relateCpeValues(record[name], component[name]) === "DISJOINT");
  if (disjoint !== undefined) {
    if (trial !== undefined) trial.differsIn = disjoint;
    return false;
  }
  const vendor = relateCpeValues(record.vendor, component.vendor);
  const product = relateCpeValues(record.product, component.product);
  const isCrossed = areCrossed(vendor, product) || areCrossed(product, vendor);
  if (isCrossed && trial !== undefined) trial.isCrossed = true;
  return !isCrossed;
}

/** Vendor wider on one side and product wider on the other: nearly always two different things. */
function areCrossed(a: CpeRelation, b: CpeRelation): boolean {
  return a === "SUBSET" && b === "SUPERSET";
}

function isVersionMeant({ cpe, range }: CpeRecord, version: string, scheme: Scheme, trial?: CpeTrial): boolean {
  if (version === CPE_ANY) return true;
  if (version === CPE_NA) return cpe.version === CPE_ANY || cpe.version === CPE_NA;
  if (!hasBounds(range)) return true;
  return isInRange(range, cpe.version, unquoteCpeValue(version), { scheme, trial });
}

function hasBounds(range: CpeRange): boolean {
  return [range.startIncluding, range.startExcluding, range.endIncluding, range.endExcluding].some(Boolean);
}

interface Comparing {
  scheme: Scheme;
  trial: CpeTrial | undefined;
}

function isInRange(range: CpeRange, recordVersion: string, version: string, { scheme, trial }: Comparing): boolean {
  const comparisons: CpeBoundComparison[] | undefined = trial && [];
  const compareTo = (text: string, bound: CpeBoundComparison["bound"]) => {
    const order = compareVersions(scheme, version, text);
    comparisons?.push({ bound, text, order });
    return order;
  };
  try {
    const isNamed = recordVersion !== CPE_ANY && recordVersion !== CPE_NA;
    const isMeant =
      (isNamed && compareTo(unquoteCpeValue(recordVersion), "version") === 0) || isWithinBounds(range, compareTo);
    if (trial !== undefined) Object.assign(trial, { scheme, comparisons });
    return isMeant;
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return scheme !== "generic" && isInRange(range, recordVersion, version, { scheme: "generic", trial });
  }
}

function isWithinBounds(range: CpeRange, compareTo: (text: string, bound: keyof CpeRange) => number): boolean {
  const { startIncluding, startExcluding, endIncluding, endExcluding } = range;
  if (startIncluding && compareTo(startIncluding, "startIncluding") < 0) return false;
  if (startExcluding && compareTo(startExcluding, "startExcluding") <= 0) return false;
  if (endIncluding && compareTo(endIncluding, "endIncluding") > 0) return false;
  return !endExcluding || compareTo(endExcluding, "endExcluding") < 0;
}
