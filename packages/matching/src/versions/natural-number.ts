// Version parts can exceed 2^53 (timestamps with nanoseconds, hashes made of digits), so long ones become bigint.
// JavaScript orders number against bigint correctly with < and >, which is all that is used here.

/** A non-negative integer of any size; only to be compared with `compareNaturals`. */
export type Natural = number | bigint;

const NUMBER_DIGITS_MAX = 15;

/** Reads a run of decimal digits; the empty string reads as 0. */
export function readNatural(digits: string): Natural {
  if (digits.length <= NUMBER_DIGITS_MAX) return Number(digits);
  const value = BigInt(digits);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Orders two naturals: -1, 0 or 1. */
export function compareNaturals(a: Natural, b: Natural): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders two texts by UTF-16 code unit, never by locale: -1, 0 or 1. */
export function compareTexts(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders lists of naturals position by position, a missing position counting as `missing`. */
export function comparePaddedNaturals(a: readonly Natural[], b: readonly Natural[], missing: Natural): -1 | 0 | 1 {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareNaturals(a[i] ?? missing, b[i] ?? missing);
    if (order !== 0) return order;
  }
  return 0;
}
