/**
 * The outline of a JSON object: which members it has and where in the bytes they stand, and the same for the elements of
 * arrays directly below it. One strict pass over the text, after which each piece can be parsed alone.
 */
import { byte, closingOf, expectByte, JsonFault, skipKey, skipSpace, skipString, skipValue } from "./scan.ts";

/** A value's bytes: [start, end). */
export interface JsonSpan {
  start: number;
  end: number;
}

/** One member of the root object. */
export interface JsonMember extends JsonSpan {
  /** Only of arrays: where each element starts and ends, alternating. */
  elements?: number[];
}

/** The outline of a document whose root is an object; of repeated names the last member counts, as in JSON.parse. */
export interface JsonOutline {
  bytes: Uint8Array;
  members: Map<string, JsonMember>;
}

/** Outlines a document, or returns undefined where it is JSON but no object. Throws JsonFault where it is not JSON. */
export function outlineJson(
  bytes: Uint8Array,
  limits: { depthMax: number; elementsMax: number },
): JsonOutline | undefined {
  const start = skipSpace(bytes, 0);
  if (start >= bytes.length) throw new JsonFault(start, "the document is empty");
  const members = new Map<string, JsonMember>();
  const isObject = bytes[start] === byte.braceOpen;
  const end = isObject ? outlineMembers(bytes, start, limits, members) : skipValue(bytes, start, 0, limits.depthMax);
  const rest = skipSpace(bytes, end);
  if (rest < bytes.length) throw new JsonFault(rest, "text follows behind the end of the document");
  return isObject ? { bytes, members } : undefined;
}

/** Parses one piece of a document that has been outlined. */
export function parseSpan(bytes: Uint8Array, span: JsonSpan): unknown {
  return JSON.parse(asBuffer(bytes).toString("utf8", span.start, span.end));
}

/** Parses the i-th element of an outlined array. */
export function parseElement(bytes: Uint8Array, elements: readonly number[], index: number): unknown {
  return parseSpan(bytes, elementSpan(elements, index));
}

/** Where the i-th element of an outlined array stands. */
export function elementSpan(elements: readonly number[], index: number): JsonSpan {
  return { start: elements[2 * index] ?? 0, end: elements[2 * index + 1] ?? 0 };
}

/** Parses the document with the named lists emptied: the rest of it, without the bulk. */
export function parseWithout(outline: JsonOutline, names: readonly string[]): Record<string, unknown> {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const list of listsInOrder(outline, names)) {
    kept.push(outline.bytes.subarray(from, list.start + 1));
    from = list.end - 1;
  }
  kept.push(outline.bytes.subarray(from));
  return JSON.parse(Buffer.concat(kept).toString("utf8")) as Record<string, unknown>;
}

/** How many bytes `parseWithout` parses. */
export function sizeWithout(outline: JsonOutline, names: readonly string[]): number {
  const emptied = listsInOrder(outline, names).reduce((sum, list) => sum + list.end - list.start - 2, 0);
  return outline.bytes.length - emptied;
}

function listsInOrder(outline: JsonOutline, names: readonly string[]): JsonSpan[] {
  return names
    .flatMap((name) => outline.members.get(name) ?? [])
    .filter((member) => member.elements !== undefined)
    .sort((a, b) => a.start - b.start);
}

function outlineMembers(
  bytes: Uint8Array,
  start: number,
  limits: { depthMax: number; elementsMax: number },
  members: Map<string, JsonMember>,
): number {
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === byte.braceClose) return at + 1;
  for (;;) {
    const valueStart = skipKey(bytes, at);
    const name = String(parseSpan(bytes, { start: at, end: skipString(bytes, at) }));
    const member = outlineMember(bytes, valueStart, limits);
    if (members.size >= limits.elementsMax) throw new JsonFault(at, "too many members in the document", "too-many");
    members.set(name, member);
    at = skipSpace(bytes, member.end);
    if (bytes[at] !== byte.comma) break;
    at = skipSpace(bytes, at + 1);
  }
  expectByte(bytes, at, closingOf(byte.braceOpen), "a comma is missing, or the document is not closed");
  return at + 1;
}

function outlineMember(
  bytes: Uint8Array,
  start: number,
  limits: { depthMax: number; elementsMax: number },
): JsonMember {
  if (bytes[start] !== byte.bracketOpen) return { start, end: skipValue(bytes, start, 1, limits.depthMax) };
  const elements: number[] = [];
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === byte.bracketClose) return { start, end: at + 1, elements };
  for (;;) {
    const end = skipValue(bytes, at, 2, limits.depthMax);
    if (elements.length >= 2 * limits.elementsMax) {
      throw new JsonFault(at, `more than ${limits.elementsMax} elements in one list`, "too-many");
    }
    elements.push(at, end);
    at = skipSpace(bytes, end);
    if (bytes[at] !== byte.comma) break;
    at = skipSpace(bytes, at + 1);
  }
  expectByte(bytes, at, byte.bracketClose, "a comma is missing, or the list is not closed");
  return { start, end: at + 1, elements };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
