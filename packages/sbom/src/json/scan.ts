/**
 * Strict JSON grammar (RFC 8259) over UTF-8 bytes, without building values and without recursion: each function takes the
 * offset where something starts, and returns the offset behind it. It exists because JSON.parse neither names the place
 * of every fault, nor bounds the depth, nor lets a 120 MB document be read in pieces.
 */

import { TextFault } from "../text-fault.ts";

/** Where and why the text is not JSON. */
export class JsonFault extends TextFault {
  override readonly name = "JsonFault";
}

/** Bytes with a meaning in JSON. */
export const byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  bracketOpen: 0x5b,
  backslash: 0x5c,
  bracketClose: 0x5d,
  braceOpen: 0x7b,
  braceClose: 0x7d,
} as const;

const escapable = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
const literals = ["true", "false", "null"].map((word) => new TextEncoder().encode(word));

/** Counts the values and member names that have been skipped: what parsing them costs. */
export interface Tally {
  values: number;
}

/** Skips one value of any kind; `depth` is the nesting around it, `depthMax` the deepest allowed. */
export function skipValue(bytes: Uint8Array, start: number, depth: number, depthMax: number, tally: Tally): number {
  const open: number[] = [];
  let at = start;
  for (;;) {
    const first = bytes[at];
    tally.values += open.at(-1) === byte.braceOpen ? 2 : 1;
    if (first === byte.braceOpen || first === byte.bracketOpen) {
      if (depth + open.length >= depthMax)
        throw new JsonFault(at, `nested more than ${depthMax} levels deep`, "too-deep");
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== closingOf(first)) {
        open.push(first);
        if (first === byte.braceOpen) at = skipKey(bytes, at);
        continue;
      }
      at++;
    } else {
      at = skipScalar(bytes, at);
    }
    for (;;) {
      const around = open.at(-1);
      if (around === undefined) return at;
      at = skipSpace(bytes, at);
      if (bytes[at] === byte.comma) {
        at = skipSpace(bytes, at + 1);
        if (around === byte.braceOpen) at = skipKey(bytes, at);
        break;
      }
      expectByte(bytes, at, closingOf(around), "a comma is missing, or the list is not closed");
      open.pop();
      at++;
    }
  }
}

/** Skips `"key" :` and the space behind it. */
export function skipKey(bytes: Uint8Array, start: number): number {
  expectByte(bytes, start, byte.quote, "a member name in double quotes is expected");
  const colon = skipSpace(bytes, skipString(bytes, start));
  expectByte(bytes, colon, byte.colon, "a colon is expected after the member name");
  return skipSpace(bytes, colon + 1);
}

/** Skips a string, given the offset of its opening quote. */
export function skipString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (;;) {
    const unit = bytes[at];
    if (unit === byte.quote) return at + 1;
    if (unit === byte.backslash) at = skipEscape(bytes, at);
    else if (unit === undefined) throw new JsonFault(bytes.length, "the document ends inside a string");
    else if (unit < byte.space) throw new JsonFault(at, "an unescaped control character in a string");
    else at++;
  }
}

/** Skips blanks; comments are not JSON. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const unit = bytes[at];
    if (unit !== byte.space && unit !== byte.lineFeed && unit !== byte.carriageReturn && unit !== byte.tab) return at;
    at++;
  }
}

/** Throws unless `wanted` stands at the offset; the end of the document is named as such. */
export function expectByte(bytes: Uint8Array, at: number, wanted: number, otherwise: string): void {
  if (bytes[at] === wanted) return;
  throw new JsonFault(at, at >= bytes.length ? "the document ends too early" : otherwise);
}

function closingOf(opening: number): number {
  return opening === byte.braceOpen ? byte.braceClose : byte.bracketClose;
}

function skipEscape(bytes: Uint8Array, start: number): number {
  const kind = bytes[start + 1];
  if (kind !== undefined && escapable.has(kind)) return start + 2;
  if (kind === 0x75 /* u */ && [2, 3, 4, 5].every((i) => isHexDigit(bytes[start + i]))) return start + 6;
  if (start + 6 > bytes.length) throw new JsonFault(bytes.length, "the document ends inside a string");
  throw new JsonFault(start, "an unknown escape in a string");
}

function skipScalar(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === byte.quote) return skipString(bytes, start);
  if (first === byte.minus || isDigit(first)) return skipNumber(bytes, start);
  for (const literal of literals) {
    if (first === literal[0]) return skipLiteral(bytes, start, literal);
  }
  throw new JsonFault(
    start,
    first === undefined ? "the document ends where a value is expected" : "a value is expected",
  );
}

function skipLiteral(bytes: Uint8Array, start: number, literal: Uint8Array): number {
  for (let i = 1; i < literal.length; i++) {
    if (bytes[start + i] !== literal[i]) throw new JsonFault(Math.min(start + i, bytes.length), "a value is expected");
  }
  return start + literal.length;
}

function skipNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === byte.minus ? start + 1 : start;
  at = bytes[at] === byte.zero ? at + 1 : skipDigits(bytes, at);
  if (bytes[at] === byte.dot) at = skipDigits(bytes, at + 1);
  if (bytes[at] === 0x65 /* e */ || bytes[at] === 0x45 /* E */) {
    const sign = bytes[at + 1];
    at = skipDigits(bytes, sign === byte.plus || sign === byte.minus ? at + 2 : at + 1);
  }
  return at;
}

function skipDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at++;
  if (at === start) throw new JsonFault(Math.min(at, bytes.length), "a digit is expected");
  return at;
}

function isDigit(unit: number | undefined): boolean {
  return unit !== undefined && unit >= byte.zero && unit <= byte.nine;
}

function isHexDigit(unit: number | undefined): boolean {
  if (unit === undefined) return false;
  return isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66);
}
