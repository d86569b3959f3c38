// Debian versions, `[epoch:]upstream[-revision]`, ordered as dpkg does (deb-version(7)): alternating runs of non-digits
// and digits, where "~" sorts before everything, even the end, and letters sort before other characters.

import { compareNaturals, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface DebianVersion {
  epoch: Natural;
  upstream: Part[];
  revision: Part[];
}

interface Part {
  text: string;
  number: Natural;
}

/** Debian, Ubuntu and everything else packaged as .deb. */
export const debOrder: VersionOrder<DebianVersion> = { parse: parseDebian, compare: compareDebian };

function parseDebian(text: string): DebianVersion | undefined {
  const version = text.trim();
  if (version === "" || /\s/.test(version)) return undefined;
  const colon = version.indexOf(":");
  const epoch = colon < 0 ? "" : version.slice(0, colon);
  if (!/^\d*$/.test(epoch)) return undefined;
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf("-");
  return {
    epoch: readNatural(epoch),
    upstream: splitParts(hyphen < 0 ? rest : rest.slice(0, hyphen)),
    revision: splitParts(hyphen < 0 ? "" : rest.slice(hyphen + 1)),
  };
}

function splitParts(text: string): Part[] {
  return Array.from(text.matchAll(/(\D*)(\d*)/g), ([, nonDigits = "", digits = ""]) => ({
    text: nonDigits,
    number: readNatural(digits),
  }));
}

function compareDebian(a: DebianVersion, b: DebianVersion): number {
  return (
    compareNaturals(a.epoch, b.epoch) || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision)
  );
}

const NOTHING: Part = { text: "", number: 0 };

function compareParts(a: Part[], b: Part[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i] ?? NOTHING;
    const right = b[i] ?? NOTHING;
    const order = compareNonDigits(left.text, right.text) || compareNaturals(left.number, right.number);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNonDigits(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = rankOfCharacter(a, i) - rankOfCharacter(b, i);
    if (order !== 0) return order;
  }
  return 0;
}

/** "~" before the end, the end before letters, letters before all else. */
function rankOfCharacter(text: string, index: number): number {
  if (index >= text.length) return 0;
  const code = text.charCodeAt(index);
  if (code === 0x7e) return -1;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isLetter ? code : code + 0x10000;
}
