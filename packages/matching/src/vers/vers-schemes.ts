// The schemes of VERS: those of purl types, and some that only VERS has. The latter are kept out of the table of purl types,
// because the name of a scheme is stored with an advisory and an older release would not know them.

import { gentooOrder } from "../versions/gentoo.ts";
import { datetimeOrder, lexicographicOrder } from "../versions/instants.ts";
import { opensslOrder } from "../versions/openssl.ts";
import { orderOf, SCHEMES, type Scheme, VERSION_CHARS_MAX } from "../versions/schemes.ts";
import { semverOrder } from "../versions/semver.ts";
import type { VersionOrder } from "../versions/version-order.ts";

const ORDERS = new Map<string, VersionOrder<unknown>>([
  ...SCHEMES.map((scheme): [Scheme, VersionOrder<unknown>] => [scheme, orderOf(scheme)]),
  ["alpine", orderOf("apk")],
  ["datetime", datetimeOrder as VersionOrder<unknown>],
  ["ebuild", gentooOrder as VersionOrder<unknown>],
  ["gentoo", gentooOrder as VersionOrder<unknown>],
  ["lexicographic", lexicographicOrder as VersionOrder<unknown>],
  ["nginx", semverOrder as VersionOrder<unknown>],
  ["openssl", opensslOrder as VersionOrder<unknown>],
]);

/** The names of all schemes a VERS range can have here. */
export const VERS_SCHEMES: readonly string[] = [...ORDERS.keys()];

/** The order of a VERS scheme; undefined for a scheme nobody knows here. */
export function versOrderOf(scheme: string): VersionOrder<unknown> | undefined {
  return ORDERS.get(scheme);
}

/** Reads a version of at most 1,000 characters; undefined when it is longer or its scheme cannot read it. */
export function readVersVersion(order: VersionOrder<unknown>, text: string): unknown {
  return text.length > VERSION_CHARS_MAX ? undefined : order.parse(text);
}
