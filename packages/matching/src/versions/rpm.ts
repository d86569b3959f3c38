// RPM versions, `[epoch:]version[-release]`, each part ordered by rpmvercmp (rpm's rpmio/rpmvercmp.c): runs of digits or
// ASCII letters, everything else separates; "~" sorts before the end, "^" after the end but before any other run.

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

/** A number, a word, "~" or "^". */
type Token = Natural | string;

interface RpmVersion {
  epoch: Token[];
  version: Token[];
  /** Undefined when the text has no "-": `1` sorts before `1-`. */
  release: Token[] | undefined;
}

/** Red Hat, SUSE and everything else packaged as .rpm. */
export const rpmOrder: VersionOrder<RpmVersion> = { parse: parseRpm, compare: compareRpm };

function parseRpm(text: string): RpmVersion | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const colon = trimmed.indexOf(":");
  const rest = trimmed.slice(colon + 1);
  const hyphen = rest.lastIndexOf("-");
  return {
    epoch: splitTokens(colon < 0 ? "0" : trimmed.slice(0, colon)),
    version: splitTokens(hyphen < 0 ? rest : rest.slice(0, hyphen)),
    release: hyphen < 0 ? undefined : splitTokens(rest.slice(hyphen + 1)),
  };
}

function splitTokens(text: string): Token[] {
  return (text.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? []).map((run) => (/^\d/.test(run) ? readNatural(run) : run));
}

function compareRpm(a: RpmVersion, b: RpmVersion): number {
  return (
    compareTokens(a.epoch, b.epoch) || compareTokens(a.version, b.version) || compareReleases(a.release, b.release)
  );
}

function compareReleases(a: Token[] | undefined, b: Token[] | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compareTokens(a, b);
}

function compareTokens(a: Token[], b: Token[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareToken(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareToken(a: Token | undefined, b: Token | undefined): number {
  const byKind = rankOfToken(a) - rankOfToken(b);
  if (byKind !== 0) return byKind;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  return compareNaturals(typeof a === "string" ? 0 : (a ?? 0), typeof b === "string" ? 0 : (b ?? 0));
}

function rankOfToken(token: Token | undefined): number {
  if (token === "~") return 0;
  if (token === undefined) return 1;
  if (token === "^") return 2;
  return typeof token === "string" ? 3 : 4;
}
