// From an ecosystem's own notation of ranges to VERS. What the notation itself would have simplified is kept as written:
// the constraints are collected and sorted.

import { VERSION_CHARS_MAX } from "../versions/schemes.ts";
import { constraintsOfNpm } from "./native-npm.ts";
import {
  VERS_CHARS_MAX,
  type VersComparator,
  type VersConstraint,
  VersError,
  type VersRange,
  versRange,
} from "./vers.ts";

type NativeReader = (native: string) => VersConstraint[];

const READERS = new Map<string, NativeReader>([
  ["gem", constraintsOfGem],
  ["nginx", constraintsOfNginx],
  ["npm", constraintsOfNpm],
  ["nuget", constraintsOfIntervals],
  ["maven", constraintsOfIntervals],
  ["openssl", constraintsOfList],
  ["pypi", constraintsOfPython],
]);

/** Schemes whose own notation can be read. */
export const NATIVE_SCHEMES: readonly string[] = [...READERS.keys()];

/** Reads a range in the notation of a scheme; throws VersError when it cannot. */
export function versOfNative(scheme: string, native: string): VersRange {
  const read = READERS.get(scheme);
  if (read === undefined) throw new VersError("has a scheme whose own notation is not known");
  if (native.length > VERS_CHARS_MAX) throw new VersError(`more than ${VERS_CHARS_MAX} characters`);
  const constraints = read(native.trim());
  const isEvery = constraints.some(({ comparator }) => comparator === "*");
  return versRange(scheme, isEvery ? [{ comparator: "*", version: "" }] : constraints);
}

function readEach(native: string, separator: string, read: (part: string) => VersConstraint[]): VersConstraint[] {
  return native.split(separator).flatMap((part) => {
    if (part.length > VERSION_CHARS_MAX) throw new VersError("has a version that is too long");
    return read(part.trim());
  });
}

/** A comparator and a version, blanks between them or not. */
function readComparison(part: string, comparators: Readonly<Record<string, VersComparator>>): VersConstraint {
  const [, sign = "", version = ""] = /^([<>=!~^]*)\s*([^\s<>=!~^,|*]+)$/.exec(part) ?? [];
  const comparator = Object.hasOwn(comparators, sign) ? comparators[sign] : undefined;
  if (comparator === undefined || version === "") throw new VersError("has a native constraint nobody can read");
  return { comparator, version };
}

const COMPARATORS: Readonly<Record<string, VersComparator>> = {
  "": "=",
  "=": "=",
  "==": "=",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** PEP 440 specifiers that compare with one version; `~=` and `==1.*` are refused. */
function constraintsOfPython(native: string): VersConstraint[] {
  return readEach(native, ",", (part) => [readComparison(part, COMPARATORS)]);
}

/** Gem::Requirement: comparisons, and `~>`, which lets the last number grow. */
function constraintsOfGem(native: string): VersConstraint[] {
  return readEach(native, ",", (part) => {
    const pessimistic = /^~>\s*(\d+(?:\.\d+)*)((?:\.[0-9A-Za-z]+)*)$/.exec(part);
    if (pessimistic === null) return [readComparison(part, COMPARATORS)];
    const [, numbers = "", rest = ""] = pessimistic;
    const upper = numbers.split(".");
    if (upper.length > 1) upper.pop();
    upper.push(nextNumber(upper.pop() ?? "0"));
    return [
      { comparator: ">=", version: numbers + rest },
      { comparator: "<", version: upper.join(".") },
    ];
  });
}

function nextNumber(digits: string): string {
  return (BigInt(digits) + 1n).toString();
}

/** Versions separated by commas. */
function constraintsOfList(native: string): VersConstraint[] {
  return readEach(native, ",", (part) => [readComparison(part, { "": "=" })]);
}

/**
 * Intervals as NuGet and Maven write them: `[1.0,2.0)`, `(,1.0]`, `[1.0]`, one or more; a bare version is the least one for
 * NuGet and a wish for Maven, at or above which all is allowed.
 */
function constraintsOfIntervals(native: string): VersConstraint[] {
  if (!/^[[(]/.test(native)) return [{ ...readComparison(native, { "": "=" }), comparator: ">=" }];
  const constraints: VersConstraint[] = [];
  let rest = native;
  while (rest !== "") {
    const match = /^([[(])([^[\](),]*)(,?)([^[\](),]*)([\])])\s*,?\s*/.exec(rest);
    if (match === null) throw new VersError("has an interval nobody can read");
    const [whole, open, lower = "", comma, upper = "", close] = match;
    constraints.push(...constraintsOfInterval(open === "[", lower.trim(), comma === ",", upper.trim(), close === "]"));
    rest = rest.slice(whole.length);
  }
  return constraints;
}

function constraintsOfInterval(
  withLower: boolean,
  lower: string,
  isPair: boolean,
  upper: string,
  withUpper: boolean,
): VersConstraint[] {
  if (!isPair) {
    if (lower === "" || !withLower || !withUpper) throw new VersError("has an interval without versions");
    return [{ comparator: "=", version: lower }];
  }
  if (lower === "" && upper === "") return [{ comparator: "*", version: "" }];
  return [
    ...(lower === "" ? [] : [{ comparator: withLower ? (">=" as const) : (">" as const), version: lower }]),
    ...(upper === "" ? [] : [{ comparator: withUpper ? ("<=" as const) : ("<" as const), version: upper }]),
  ];
}

/**
 * nginx's security advisories: `1.4.1+` is that version and what follows in its stable branch, which has an even minor
 * number, or everything after it on the main line; `0.7.52-0.8.39` includes both ends.
 */
function constraintsOfNginx(native: string): VersConstraint[] {
  return readEach(native, ",", (part) => {
    if (part.toLowerCase() === "all") return [{ comparator: "*", version: "" }];
    const match = /^(\d+\.\d+\.\d+)(?:(\+)|-(\d+\.\d+\.\d+))?$/.exec(part);
    if (match === null) throw new VersError("has a native constraint nobody can read");
    const [, version = "", isOpen, last] = match;
    if (last !== undefined)
      return [
        { comparator: ">=", version },
        { comparator: "<=", version: last },
      ];
    if (isOpen === undefined) return [{ comparator: "=", version }];
    const [major = "0", minor = "0"] = version.split(".");
    const isStable = BigInt(minor) % 2n === 0n;
    return [
      { comparator: ">=", version },
      ...(isStable ? [{ comparator: "<" as const, version: `${major}.${nextNumber(minor)}.0` }] : []),
    ];
  });
}
