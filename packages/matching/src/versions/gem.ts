// RubyGems versions (Gem::Version). Letters start a pre-release, so `1.0.a < 1.0`; zeros at the end of the release and of
// the pre-release part do not count; "-" reads as ".pre.".

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

type Segment = Natural | string;

/** Gem::Version's own pattern, and letters directly after the first number (`1beta`), which other tools accept. */
const FORM = /^[0-9][0-9a-zA-Z]*(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
/** Lock files append the platform of a binary gem (`1.13.3-x86_64-linux`); it is no part of the version. */
const PLATFORM = /-(?:x86_64|x64|x86|aarch64|arm64|arm|universal|powerpc|java|jruby|mswin\d*|mingw\d*)(?:[-.].*)?$/i;

/** RubyGems. */
export const gemOrder: VersionOrder<Segment[]> = {
  parse: parseGem,
  compare: compareSegments,
  listKey: withoutPlatform,
};

function withoutPlatform(text: string): string {
  return text.trim().replace(PLATFORM, "");
}

function parseGem(text: string): Segment[] | undefined {
  const version = withoutPlatform(text);
  if (!FORM.test(version)) return undefined;
  const segments = (version.replaceAll("-", ".pre.").match(/\d+|[a-z]+/gi) ?? []).map(readSegment);
  const firstLetters = segments.findIndex((segment) => typeof segment === "string");
  if (firstLetters < 0) return withoutTrailingZeros(segments);
  return [
    ...withoutTrailingZeros(segments.slice(0, firstLetters)),
    ...withoutTrailingZeros(segments.slice(firstLetters)),
  ];
}

function readSegment(text: string): Segment {
  return /^\d/.test(text) ? readNatural(text) : text;
}

function withoutTrailingZeros(segments: Segment[]): Segment[] {
  let length = segments.length;
  while (length > 0 && segments[length - 1] === 0) length--;
  return segments.slice(0, length);
}

function compareSegments(a: Segment[], b: Segment[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareSegment(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSegment(a: Segment, b: Segment): number {
  if (typeof a === "string") return typeof b === "string" ? compareTexts(a, b) : -1;
  return typeof b === "string" ? 1 : compareNaturals(a, b);
}
