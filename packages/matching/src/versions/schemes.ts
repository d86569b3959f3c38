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
  ["github", "semver"],
  ["gradle", "maven"],
  ["julia", "semver"],
  // opam orders as Debian does (opam's manual, "Version ordering").
  ["opam", "deb"],
  ["swift", "semver"],
  ["vscode-extension", "semver"],
]);

/** The order of a scheme. */
export function orderOf(scheme: Scheme): VersionOrder<unknown> {
  return ORDERS[scheme] as VersionOrder<unknown>;
}

/** The scheme of a purl type; types without an order of their own are generic (spec analysis §4.1). */
export function schemeOfPurlType(type: string): Scheme {
  return Object.hasOwn(ORDERS, type) ? (type as Scheme) : (SCHEME_OF_OTHER_TYPE.get(type) ?? "generic");
}

/** Longer texts are no versions; the generic order reads as much of them. */
export const VERSION_CHARS_MAX = 1_000;

/** Reads a version in its scheme; undefined when the scheme cannot. The generic scheme reads everything. */
export function readVersion(scheme: Scheme, text: string): unknown {
  if (text.length <= VERSION_CHARS_MAX) return orderOf(scheme).parse(text);
  return scheme === "generic" ? orderOf("generic").parse(text.slice(0, VERSION_CHARS_MAX)) : undefined;
}

/** Orders two versions; throws VersionError when the scheme cannot read one of them. */
export function compareVersions(scheme: Scheme, a: string, b: string): -1 | 0 | 1 {
  const order = orderOf(scheme).compare(readOrThrow(scheme, a), readOrThrow(scheme, b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

function readOrThrow(scheme: Scheme, text: string): unknown {
  const parsed = readVersion(scheme, text);
  if (parsed === undefined) throw new VersionError(scheme, text);
  return parsed;
}
