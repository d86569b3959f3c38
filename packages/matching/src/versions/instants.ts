// Versions that are moments (RFC 3339, as vers-spec's `datetime` wants them: upper-case T and Z), and texts that are ordered
// by their bytes (`lexicographic`): UTF-8 keeps the order of code points, UTF-16 does not.

import { compareTexts } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface Instant {
  seconds: number;
  /** Digits after the point without zeros at the end; of any length. */
  fraction: string;
}

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const MS_PER_SECOND = 1_000;

/** Moments, whatever offset they are written with. */
export const datetimeOrder: VersionOrder<Instant> = {
  parse: parseInstant,
  compare: (a, b) => a.seconds - b.seconds || compareTexts(a.fraction, b.fraction),
};

/** Any text but the empty one, by code points. */
export const lexicographicOrder: VersionOrder<string> = {
  parse: (text) => (text === "" ? undefined : text),
  compare: compareCodePoints,
};

function parseInstant(text: string): Instant | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  // 60 is a leap second; it counts as the second after it.
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60 * (match[8] === "-" ? -1 : 1);
  return {
    seconds: date.getTime() / MS_PER_SECOND + (hour * 60 + minute) * 60 + second - offset,
    fraction: withoutTrailingZeros(match[7] ?? ""),
  };
}

function withoutTrailingZeros(digits: string): string {
  let length = digits.length;
  while (digits[length - 1] === "0") length--;
  return digits.slice(0, length);
}

function compareCodePoints(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return rankOfUnit(a.charCodeAt(i)) - rankOfUnit(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, although their units are below U+E000. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
