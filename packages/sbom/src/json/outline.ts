/**
 * The outline of a JSON object: which members it has and where in the bytes they stand, and the same for the elements of
 * arrays directly below it. One strict pass over the text, after which each piece can be parsed alone.
 */
import type { BomLimits } from "../limits.ts";
import { byte, expectByte, JsonFault, skipKey, skipSpace, skipString, skipValue } from "./scan.ts";

/** Members of the root object that are looked at; CycloneDX knows less than 30. */
const membersMax = 10_000;

/** A value's bytes: [start, end). */
export interface JsonSpan {
  start: number;
  end: number;
}

/** One member of the root object. */
export interface JsonMember extends JsonSpan {
  /** How many values and names are in it. */
  values: number;
  /** Only of arrays: where each element starts and ends, alternating. */
  elements?: number[];
}

/** The outline of a document whose root is an object; of repeated names the last member counts, as in JSON.parse. */
export interface JsonOutline {
  bytes: Uint8Array;
  members: Map<string, JsonMember>;
  /** Values and names in all members, also those whose name is repeated later. */
  values: number;
}

type OutlineLimits = Pick<BomLimits, "depthMax" | "elementsMax" | "pieceValuesMax" | "pieceMaxBytes">;

/** Outlines a document, or returns undefined where it is JSON but no object. Throws JsonFault where it is not JSON. */
export function outlineJson(bytes: Uint8Array, limits: OutlineLimits): JsonOutline | undefined {
  const start = skipSpace(bytes, 0);
  if (start >= bytes.length) throw new JsonFault(start, "the document is empty");
  const outline: JsonOutline = { bytes, members: new Map(), values: 0 };
  const isObject = bytes[start] === byte.braceOpen;
  const end = isObject ? outlineMembers(outline, start, limits) : skipValue(bytes, start, 0, limits.depthMax, outline);
  const rest = skipSpace(bytes, end);
  if (rest < bytes.length) throw new JsonFault(rest, "text follows behind the end of the document");
  return isObject ? outline : undefined;
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

/** What `parseWithout` parses, in bytes, and in values and names. */
export function sizeWithout(outline: JsonOutline, names: readonly string[]): { bytes: number; values: number } {
  const size = { bytes: outline.bytes.length, values: outline.values };
  for (const list of listsInOrder(outline, names)) {
    size.bytes -= list.end - list.start - 2;
    size.values -= list.values;
  }
  return size;
}

function listsInOrder(outline: JsonOutline, names: readonly string[]): JsonMember[] {
  return names
    .flatMap((name) => outline.members.get(name) ?? [])
    .filter((member) => member.elements !== undefined)
    .sort((a, b) => a.start - b.start);
}

function outlineMembers(outline: JsonOutline, start: number, limits: OutlineLimits): number {
  const { bytes, members } = outline;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === byte.braceClose) return at + 1;
  for (;;) {
    const valueStart = skipKey(bytes, at);
    const name = String(parseSpan(bytes, { start: at, end: skipString(bytes, at) }));
    if (members.size >= membersMax) throw new JsonFault(at, `more than ${membersMax} members`, "too-many");
    const member = outlineMember(bytes, valueStart, limits);
    members.set(name, member);
    outline.values += member.values + 1;
    at = skipSpace(bytes, member.end);
    if (bytes[at] !== byte.comma) break;
    at = skipSpace(bytes, at + 1);
  }
  expectByte(bytes, at, byte.braceClose, "a comma is missing, or the document is not closed");
  return at + 1;
}

function outlineMember(bytes: Uint8Array, start: number, limits: OutlineLimits): JsonMember {
  const tally = { values: 0 };
  if (bytes[start] === byte.bracketOpen) return outlineList(bytes, start, limits);
  const end = skipValue(bytes, start, 1, limits.depthMax, tally);
  return { start, end, values: tally.values };
}

function outlineList(bytes: Uint8Array, start: number, limits: OutlineLimits): JsonMember {
  const elements: number[] = [];
  let values = 1;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === byte.bracketClose) return { start, end: at + 1, values, elements };
  for (;;) {
    const tally = { values: 0 };
    const end = skipValue(bytes, at, 2, limits.depthMax, tally);
    if (elements.length >= 2 * limits.elementsMax) {
      throw new JsonFault(at, `more than ${limits.elementsMax} elements in one list`, "too-many");
    }
    if (tally.values > limits.pieceValuesMax || end - at > limits.pieceMaxBytes) {
      throw new JsonFault(at, "an element too large to be read", "too-many");
    }
    elements.push(at, end);
    values += tally.values;
    at = skipSpace(bytes, end);
    if (bytes[at] !== byte.comma) break;
    at = skipSpace(bytes, at + 1);
  }
  expectByte(bytes, at, byte.bracketClose, "a comma is missing, or the list is not closed");
  return { start, end: at + 1, values, elements };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
