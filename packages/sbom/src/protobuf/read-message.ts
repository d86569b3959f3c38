import type { EnumWords } from "./enums.ts";
import { ProtobufFault, readText, readVarint, type WireField, type WireSpan, wireFields } from "./wire.ts";

/** What a field is: its name in JSON and how its value is read. */
export interface FieldShape {
  name: string;
  kind: "text" | "integer" | "double" | "flag" | "time" | EnumWords | (() => MessageShape);
  repeats?: boolean;
}

/** What a message is: its known fields by number; unknown ones are skipped, as protobuf wants it. */
export interface MessageShape {
  fields: Readonly<Record<number, FieldShape>>;
  /** Makes the JSON of what has been read, where it is not just an object. */
  finish?: (members: Record<string, unknown>) => unknown;
}

/** Most of what one piece may hold, and how deep messages may be nested. */
export interface MessageLimits {
  depthMax: number;
  pieceValuesMax: number;
}

/** Reads a message of a known shape. Throws ProtobufFault. */
export function readMessage(bytes: Buffer, span: WireSpan, shape: MessageShape, limits: MessageLimits): unknown {
  return new MessageReader(bytes, limits, span.start).message(span, shape, 0);
}

class MessageReader {
  private readonly bytes: Buffer;
  private readonly limits: MessageLimits;
  private readonly start: number;
  private values = 0;

  constructor(bytes: Buffer, limits: MessageLimits, start: number) {
    this.bytes = bytes;
    this.limits = limits;
    this.start = start;
  }

  message(span: WireSpan, shape: MessageShape, depth: number): unknown {
    if (depth > this.limits.depthMax)
      throw new ProtobufFault(span.start, `nested more than ${this.limits.depthMax} levels deep`, "too-deep");
    const members: Record<string, unknown> = {};
    for (const field of wireFields(this.bytes, span)) {
      if (++this.values > this.limits.pieceValuesMax)
        throw new ProtobufFault(this.start, "an element too large to be read", "too-many");
      const known = shape.fields[field.number];
      if (known !== undefined) this.assign(members, known, field, depth);
    }
    return shape.finish === undefined ? members : shape.finish(members);
  }

  private assign(members: Record<string, unknown>, known: FieldShape, field: WireField, depth: number): void {
    const { name, kind, repeats = false } = known;
    if (repeats && (kind === "integer" || Array.isArray(kind)) && field.kind === "bytes") {
      for (const number of this.packed(field)) appendKnown(members, name, wordOf(kind, number));
      return;
    }
    const value = this.value(field, kind, depth);
    if (repeats) appendKnown(members, name, value);
    else if (value !== undefined) members[name] = value;
  }

  private value(field: WireField, kind: FieldShape["kind"], depth: number): unknown {
    if (kind === "text") return readText(this.bytes, this.expect(field, "bytes"));
    if (kind === "double") return this.bytes.readDoubleLE(this.expect(field, "fixed64").start);
    if (kind === "time") return this.time(this.expect(field, "bytes"));
    if (typeof kind === "function") return this.message(this.expect(field, "bytes"), kind(), depth + 1);
    const number = Number(BigInt.asIntN(64, readVarint(this.bytes, this.expect(field, "varint")).value));
    return kind === "flag" ? number !== 0 : wordOf(kind, number);
  }

  /** Seconds and nanoseconds since 1970, as RFC 3339. */
  private time(span: WireSpan): string {
    const parts = { 1: 0n, 2: 0n };
    for (const field of wireFields(this.bytes, span)) {
      if (field.number === 1 || field.number === 2)
        parts[field.number] = BigInt.asIntN(64, readVarint(this.bytes, this.expect(field, "varint")).value);
    }
    const moment = new Date(Number(parts[1]) * 1000 + Math.trunc(Number(parts[2]) / 1e6));
    return Number.isNaN(moment.getTime()) ? `${parts[1]} seconds` : moment.toISOString();
  }

  private *packed(span: WireSpan): Generator<number> {
    for (let at = span.start; at < span.end; ) {
      if (++this.values > this.limits.pieceValuesMax)
        throw new ProtobufFault(this.start, "an element too large to be read", "too-many");
      const { value, end } = readVarint(this.bytes, { start: at, end: span.end });
      yield Number(BigInt.asIntN(64, value));
      at = end;
    }
  }

  private expect(field: WireField, kind: WireField["kind"]): WireSpan {
    if (field.kind === kind) return field;
    throw new ProtobufFault(field.start, `field ${field.number} has a value of another kind`);
  }
}

/** Numbers that an enumeration does not know stay visible, so that they can be refused, or noted. */
function wordOf(kind: "integer" | EnumWords, number: number): number | string | undefined {
  if (kind === "integer") return number;
  return number in kind ? kind[number] : String(number);
}

function appendKnown(members: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) return;
  const present = members[name];
  if (Array.isArray(present)) present.push(value);
  else members[name] = [value];
}
