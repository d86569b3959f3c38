// PEP 440 versions (packaging.python.org, "Version specifiers"), with the order of setuptools' old parser for the texts
// that PEP 440 rejects: PyPI still carries them, and they all sort before every PEP 440 version.

import { compareNaturals, comparePaddedNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface PythonVersion {
  /** Present only for texts that PEP 440 rejects. */
  legacy?: string;
  epoch: Natural;
  release: Natural[];
  phase: number;
  phaseNumber: Natural;
  post: Natural;
  dev: Natural;
  local: (Natural | string)[];
}

/** Rank of what stands between the release number and post/dev: `1.dev0 < 1a0 < 1b0 < 1rc0 < 1`. */
const PHASE = { developmentOnly: 0, a: 1, b: 2, rc: 3, final: 4 };
const PHASE_WORDS: Record<string, number> = {
  a: PHASE.a,
  alpha: PHASE.a,
  b: PHASE.b,
  beta: PHASE.b,
  c: PHASE.rc,
  rc: PHASE.rc,
  pre: PHASE.rc,
  preview: PHASE.rc,
};
const NO_POST = -1;
const NO_DEV = Number.POSITIVE_INFINITY;

const PEP440 = new RegExp(
  [
    "^\\s*v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\\.[0-9]+)*)",
    "(?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preNumber>[0-9]*))?",
    "(?<post>-(?<postImplicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>[0-9]*))?",
    "(?<dev>[-_.]?dev[-_.]?(?<devNumber>[0-9]*))?",
    "(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*$",
  ].join(""),
  "i",
);

/** PyPI: PEP 440, then setuptools' legacy order. Never fails to parse. */
export const pypiOrder: VersionOrder<PythonVersion> = {
  parse: parsePython,
  compare: comparePython,
  listKey: pythonListKey,
};

function parsePython(text: string): PythonVersion {
  const groups = PEP440.exec(text)?.groups;
  if (groups === undefined) return legacyVersion(text);
  const {
    epoch = "",
    release = "",
    pre,
    preNumber = "",
    post,
    postImplicit,
    postNumber,
    dev,
    devNumber = "",
    local,
  } = groups;
  const onlyDevelopment = pre === undefined && post === undefined && dev !== undefined;
  return {
    epoch: readNatural(epoch),
    release: withoutTrailingZeros(release.split(".").map(readNatural)),
    phase: onlyDevelopment
      ? PHASE.developmentOnly
      : pre === undefined
        ? PHASE.final
        : (PHASE_WORDS[pre.toLowerCase()] ?? PHASE.rc),
    phaseNumber: readNatural(preNumber),
    post: post === undefined ? NO_POST : readNatural(postImplicit ?? postNumber ?? ""),
    dev: dev === undefined ? NO_DEV : readNatural(devNumber),
    local: local === undefined ? [] : local.toLowerCase().split(/[-_.]/).map(readLocalPart),
  };
}

function readLocalPart(part: string): Natural | string {
  return /^\d+$/.test(part) ? readNatural(part) : part;
}

function withoutTrailingZeros(release: Natural[]): Natural[] {
  let length = release.length;
  while (length > 0 && release[length - 1] === 0) length--;
  return release.slice(0, length);
}

function comparePython(a: PythonVersion, b: PythonVersion): number {
  if (a.legacy !== undefined || b.legacy !== undefined) return compareLegacy(a.legacy, b.legacy);
  return (
    compareNaturals(a.epoch, b.epoch) ||
    comparePaddedNaturals(a.release, b.release, 0) ||
    a.phase - b.phase ||
    compareNaturals(a.phaseNumber, b.phaseNumber) ||
    compareNaturals(a.post, b.post) ||
    compareNaturals(a.dev, b.dev) ||
    compareLocals(a.local, b.local)
  );
}

function compareLocals(a: (Natural | string)[], b: (Natural | string)[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i] ?? 0;
    const right = b[i] ?? 0;
    if (typeof left !== typeof right && (typeof left === "string" || typeof right === "string")) {
      return typeof left === "string" ? -1 : 1;
    }
    const order = left < right ? -1 : left > right ? 1 : 0;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** PEP 440 treats `1.0`, `1.0.0` and `v1.0` as one version, so lists of affected versions must as well. */
function pythonListKey(text: string): string {
  const { legacy, epoch, release, phase, phaseNumber, post, dev, local } = parsePython(text);
  if (legacy !== undefined) return text.trim().toLowerCase();
  return `${epoch}!${release.join(".")}|${phase}.${phaseNumber}|${post}|${dev}|${local.join(".")}`;
}

function compareLegacy(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return compareTexts(a, b);
}

const LEGACY_WORDS: Record<string, string> = { pre: "c", preview: "c", "-": "final-", rc: "c", dev: "@" };
const LEGACY_NUMBER_DIGITS = 8;

/** setuptools' pkg_resources.parse_version before PEP 440: numbers zero-padded, words starred, joined into one key. */
function legacyVersion(text: string): PythonVersion {
  const parts: string[] = [];
  for (const token of [...(text.toLowerCase().match(/\d+|[a-z]+|-/g) ?? []), "final"]) {
    const word = LEGACY_WORDS[token] ?? token;
    const part = /^\d/.test(word) ? word.padStart(LEGACY_NUMBER_DIGITS, "0") : `*${word}`;
    if (part.startsWith("*")) {
      if (part < "*final") while (parts.at(-1) === "*final-") parts.pop();
      while (parts.at(-1) === "00000000") parts.pop();
    }
    parts.push(part);
  }
  return { legacy: parts.join(""), epoch: 0, release: [], phase: 0, phaseNumber: 0, post: 0, dev: 0, local: [] };
}
