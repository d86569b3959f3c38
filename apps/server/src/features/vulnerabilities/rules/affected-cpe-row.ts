import { CPE_ANY, type CpeRecord, cpeProductKey, cpeRecordKey, formatCpe } from "@evertrack/matching";

/** Longer vendors, products and versions would not fit an index; NVD's longest has fewer than 200 characters. */
export const CPE_KEY_CHARS_MAX = 500;

/** A row of `vulnerability_affected_cpe`: a name with its bounds, and the keys it is looked up by. */
export function affectedCpeRow(vulnerabilityId: number, ordinal: number, record: CpeRecord) {
  const { cpe, range } = record;
  return {
    vulnerability_id: vulnerabilityId,
    ordinal,
    product_key: cpeProductKey(cpe.product),
    vendor: cpeRecordKey(cpe).vendor,
    version: onlyVersionOf(record),
    cpe: formatCpe(cpe),
    start_including: range.startIncluding ?? null,
    start_excluding: range.startExcluding ?? null,
    end_including: range.endIncluding ?? null,
    end_excluding: range.endExcluding ?? null,
  };
}

/** The version only which a component can have to be meant, apart from one of any version; null where names have to be compared. */
function onlyVersionOf({ cpe: { version }, range }: CpeRecord): string | null {
  const hasBounds = Object.values(range).some(Boolean);
  const isOpen = version === CPE_ANY || hasBounds || /[*?]/.test(version) || version.length > CPE_KEY_CHARS_MAX;
  return isOpen ? null : version.toLowerCase();
}
