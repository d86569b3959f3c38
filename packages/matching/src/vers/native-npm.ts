// npm's ranges as its advisories write them: comparisons, `~`, `^`, `x`, hyphens and `||`. As vers-spec has it, a number that
// is missing reads as zero (`<= 1.0` is `<=1.0.0`); in node-semver it would stand for any.

import { VERSION_CHARS_MAX } from "../versions/schemes.ts";
import { type VersComparator, type VersConstraint, VersError } from "./vers.ts";

interface PartialVersion {
  /** As many as were written before the first `x`. */
  numbers: bigint[];
  hasWildcard: boolean;
  /** With its hyphen; empty without one. */
  prerelease: string;
}

const COMPARATORS: Readonly<Record<string, VersComparator>> = {
  "": "=",
  "=": "=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const EVERY: VersConstraint = { comparator: "*", version: "" };

/** The constraints of an npm range, unsorted; throws VersError when it cannot be read. */
export function constraintsOfNpm(native: string): VersConstraint[] {
  return native.split("||").flatMap((alternative) => constraintsOfAlternative(alternative.trim()));
}

function constraintsOfAlternative(text: string): VersConstraint[] {
  if (text === "") return [EVERY];
  const words = text.split(/\s+/);
  if (words.length === 3 && words[1] === "-") return constraintsOfHyphen(words[0] ?? "", words[2] ?? "");
  const constraints: VersConstraint[] = [];
  let sign = "";
  for (const word of words) {
    // The comparator may stand apart from its version.
    if (/^[<>=~^]+$/.test(word) && sign === "") sign = word;
    else {
      constraints.push(...constraintsOfComparison(sign + word));
      sign = "";
    }
  }
  if (sign !== "") throw new VersError("has a comparator without a version");
  const narrowing = constraints.filter((constraint) => constraint !== EVERY);
  return narrowing.length === 0 ? [EVERY] : narrowing;
}

function constraintsOfHyphen(first: string, last: string): VersConstraint[] {
  const lower = readPartial(first);
  const upper = readPartial(last);
  if (upper.numbers.length === 0) return [{ comparator: ">=", version: formatPartial(lower) }];
  return [
    { comparator: ">=", version: formatPartial(lower) },
    upper.hasWildcard || upper.numbers.length < 3
      ? { comparator: "<", version: formatNumbers(increased(upper.numbers)) }
      : { comparator: "<=", version: formatPartial(upper) },
  ];
}

function constraintsOfComparison(text: string): VersConstraint[] {
  const [, sign = "", version = ""] = /^(~>|[<>]=?|[=~^])?(.*)$/.exec(text) ?? [];
  const partial = readPartial(version);
  if (sign === "^") return between(partial, caretEnd(partial.numbers));
  if (sign.startsWith("~")) return between(partial, increased(partial.numbers.slice(0, 2)));
  if (partial.hasWildcard) return constraintsOfWildcard(sign, partial);
  const comparator = COMPARATORS[sign];
  if (comparator === undefined) throw new VersError("has a comparator npm does not know");
  return [{ comparator, version: formatPartial(partial) }];
}

/** `1.2.x` is everything that begins so; `>=1.2.x` has no end, `<1.2.x` ends where it begins. */
function constraintsOfWildcard(sign: string, partial: PartialVersion): VersConstraint[] {
  const { numbers } = partial;
  if (numbers.length === 0) {
    if (sign === "<" || sign === ">") throw new VersError("has a range without versions");
    return [EVERY];
  }
  const start = formatNumbers(numbers);
  const end = formatNumbers(increased(numbers));
  if (sign === ">=") return [{ comparator: ">=", version: start }];
  if (sign === ">") return [{ comparator: ">=", version: end }];
  if (sign === "<") return [{ comparator: "<", version: start }];
  if (sign === "<=") return [{ comparator: "<", version: end }];
  return between(partial, increased(numbers));
}

function between(start: PartialVersion, end: bigint[]): VersConstraint[] {
  if (start.numbers.length === 0) return [EVERY];
  return [
    { comparator: ">=", version: formatPartial(start) },
    { comparator: "<", version: formatNumbers(end) },
  ];
}

/** `^` lets everything grow behind the first number that is not zero. */
function caretEnd(numbers: readonly bigint[]): bigint[] {
  const significant = numbers.findIndex((number) => number !== 0n);
  return increased(numbers.slice(0, significant < 0 ? numbers.length : significant + 1));
}

function increased(numbers: readonly bigint[]): bigint[] {
  return numbers.length === 0 ? [] : numbers.with(-1, (numbers.at(-1) ?? 0n) + 1n);
}

function formatPartial({ numbers, prerelease }: PartialVersion): string {
  return formatNumbers(numbers) + prerelease;
}

function formatNumbers(numbers: readonly bigint[]): string {
  return [...numbers, 0n, 0n, 0n].slice(0, 3).join(".");
}

/** Digits of one number; more are no version. */
const NUMBER = /^\d{1,100}$/;

function readPartial(text: string): PartialVersion {
  if (text.length > VERSION_CHARS_MAX) throw new VersError("has a version that is too long");
  const match =
    /^[v=]*([0-9xX*]+(?:\.[0-9xX*]+){0,2})(?![0-9xX*])(-?[A-Za-z0-9][0-9A-Za-z.-]*)?(?:\+[0-9A-Za-z.-]+)?$/.exec(text);
  if (match === null) throw new VersError("has a native constraint nobody can read");
  const [, written = "", prerelease = ""] = match;
  const parts = written.split(".");
  const wildcard = parts.findIndex((part) => /^[xX*]$/.test(part));
  const numbers = wildcard < 0 ? parts : parts.slice(0, wildcard);
  if (!numbers.every((part) => NUMBER.test(part))) throw new VersError("has a native constraint nobody can read");
  return {
    numbers: numbers.map(BigInt),
    hasWildcard: wildcard >= 0,
    prerelease: wildcard >= 0 || prerelease === "" ? "" : `-${prerelease.replace(/^-/, "")}`,
  };
}
