// The one table from scheme to order, and the door for callers that have texts.

import { alpmOrder } from "./alpm.ts";
import { apkOrder } from "./apk.ts";
import { composerOrder } from "./composer.ts";
import { debOrder } from "./deb.ts";
import { cranOrder, hackageOrder } from "./dotted-numbers.ts";
import { gemOrder } from "./gem.ts";
import { genericOrder } from "./generic.ts";
import { mavenOrder } from "./maven.ts";
import { nugetOrder } from "./nuget.ts";
import { pypiOrder } from "./pypi.ts";
import { rpmOrder } from "./rpm.ts";
import { golangOrder, pubOrder, semverOrder } from "./semver.ts";
import { VersionError, type VersionOrder } from "./version-order.ts";

const ORDERS = {
  alpm: alpmOrder,
  apk: apkOrder,
  bitnami: semverOrder,
  cargo: semverOrder,
  composer: composerOrder,
  cran: cranOrder,
  deb: debOrder,
  gem: gemOrder,
  generic: genericOrder,
  golang: golangOrder,
  hackage: hackageOrder,
  hex: semverOrder,
  maven: mavenOrder,
  npm: semverOrder,
  nuget: nugetOrder,
  pub: pubOrder,
  pypi: pypiOrder,
  rpm: rpmOrder,
  semver: semverOrder,
} as const;

/** The name of a version order. */
export type Scheme = keyof typeof ORDERS;

/** Every scheme, in alphabetical order. */
export const SCHEMES = Object.keys(ORDERS) as readonly Scheme[];

const SCHEME_OF_OTHER_TYPE = new Map<string, Scheme>([
  ["alpine", "apk"],
  ["clojars", "maven"],
  ["gradle", "maven"],
  ["swift", "semver"],
]);

/** The order of a scheme. */
export function orderOf(scheme: Scheme): VersionOrder<unknown> {
  return ORDERS[scheme] as VersionOrder<unknown>;
}

/** The scheme of a purl type; types without an order of their own are generic (spec analysis §4.1). */
export function schemeOfPurlType(type: string): Scheme {
  return Object.hasOwn(ORDERS, type) ? (type as Scheme) : (SCHEME_OF_OTHER_TYPE.get(type) ?? "generic");
}

/** Orders two versions; throws VersionError when the scheme cannot read one of them. */
export function compareVersions(scheme: Scheme, a: string, b: string): -1 | 0 | 1 {
  const order = orderOf(scheme);
  return Math.sign(order.compare(parseOrThrow(scheme, order, a), parseOrThrow(scheme, order, b))) as -1 | 0 | 1;
}

function parseOrThrow(scheme: Scheme, order: VersionOrder<unknown>, text: string): unknown {
  const parsed = order.parse(text);
  if (parsed === undefined) throw new VersionError(scheme, text);
  return parsed;
}
