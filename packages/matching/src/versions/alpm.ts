// Arch Linux versions, `[epoch:]version[-pkgrel]`, ordered by vercmp(8) (pacman's lib/libalpm/version.c). It descends from
// an old rpmvercmp: letters left over at the end make a version older (`1.0a < 1.0`), and the length of the separators
// counts. pkgrel is compared only when both sides have one, so the order as a whole is not transitive.

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface ArchVersion {
  epoch: Natural;
  version: Run[];
  pkgrel: Run[] | undefined;
}

interface Run {
  separatorLength: number;
  value: Natural | string;
}

/** Arch Linux and its descendants. */
export const alpmOrder: VersionOrder<ArchVersion> = { parse: parseArch, compare: compareArch };

function parseArch(text: string): ArchVersion | undefined {
  const match = /^(?:(\d*):)?([^\s-]+)(?:-([^\s-]+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, epoch = "", version = "", pkgrel] = match;
  return {
    epoch: readNatural(epoch),
    version: splitRuns(version),
    pkgrel: pkgrel === undefined ? undefined : splitRuns(pkgrel),
  };
}

function splitRuns(text: string): Run[] {
  return Array.from(text.matchAll(/([^0-9A-Za-z]*)(?:([0-9]+)|([A-Za-z]+)|$)/g), toRun).filter(
    (run) => run.value !== "" || run.separatorLength > 0,
  );
}

function toRun([, separator = "", digits, letters = ""]: RegExpMatchArray): Run {
  return { separatorLength: separator.length, value: digits === undefined ? letters : readNatural(digits) };
}

function compareArch(a: ArchVersion, b: ArchVersion): number {
  const order = compareNaturals(a.epoch, b.epoch) || compareRuns(a.version, b.version);
  if (order !== 0 || a.pkgrel === undefined || b.pkgrel === undefined) return order;
  return compareRuns(a.pkgrel, b.pkgrel);
}

function compareRuns(a: Run[], b: Run[]): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined) return right === undefined ? 0 : -rankOfRest(right);
    if (right === undefined) return rankOfRest(left);
    const order = left.separatorLength - right.separatorLength || compareValues(left.value, right.value);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether what one side has left over makes it newer (1) or, being letters that follow directly, older (-1). */
function rankOfRest(run: Run): number {
  return run.separatorLength === 0 && typeof run.value === "string" ? -1 : 1;
}

function compareValues(a: Natural | string, b: Natural | string): number {
  if (typeof a === "string") return typeof b === "string" ? compareTexts(a, b) : -1;
  return typeof b === "string" ? 1 : compareNaturals(a, b);
}
