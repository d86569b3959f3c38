// The order for everything without one of its own, and the last resort for versions their own scheme cannot read. It is
// Dependency-Track's (spec analysis §4.1, "generic ordering"): pre-releases are *not* lower here, 1.0 < 1.0-rc.

import { compareTexts } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

const TOKENS = /\d+[a-z]{1,3}$|[a-z]{1,3}[_-]?\d+|\d+|(?:rc|release|snapshot|beta|alpha)$/g;
const UBUNTU = /^(?:[0-9]+:)?(.*)-[^-]+ubuntu[^-]+$/;
const INTEGER = /^\d+$/;
const INTEGER_MAX = 2 ** 31 - 1;

/** Any text; never fails to parse. */
export const genericOrder: VersionOrder<string[]> = { parse: splitGeneric, compare: compareGeneric };

function splitGeneric(text: string): string[] {
  const lower = text.trim().toLowerCase();
  const version = UBUNTU.exec(lower)?.[1] ?? lower;
  return version.match(TOKENS) ?? [text];
}

function compareGeneric(a: string[], b: string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareTokens(a[i] ?? "", b[i] ?? "");
    if (order !== 0) return order;
  }
  const longer = a.length > b.length ? a : b;
  if (longer.length === shared + 1 && longer[shared] === "0") return 0;
  return a.length - b.length;
}

function compareTokens(a: string, b: string): number {
  const bothIntegers = isInteger(a) && isInteger(b);
  return bothIntegers ? Number(a) - Number(b) : compareTexts(a, b);
}

function isInteger(token: string): boolean {
  return INTEGER.test(token) && Number(token) <= INTEGER_MAX;
}
