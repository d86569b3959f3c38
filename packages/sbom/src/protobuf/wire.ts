/** The wire format of Protocol Buffers: fields of a message one after the other, without knowing what they mean. */
import { isUtf8 } from "node:buffer";

/** Where and why the bytes are no message; `kind` tells limits apart. */
export class ProtobufFault extends Error {
  override readonly name = "ProtobufFault";
  readonly offset: number;
  readonly kind: "syntax" | "too-deep" | "too-many";

  constructor(offset: number, message: string, kind: "syntax" | "too-deep" | "too-many" = "syntax") {
    super(message);
    this.offset = offset;
    this.kind = kind;
  }
}

/** Bytes of a message or of a value: [start, end). */
export interface WireSpan {
  start: number;
  end: number;
}

/** One field as it stands in the bytes; the span is that of its value. */
export interface WireField extends WireSpan {
  number: number;
  kind: "varint" | "fixed64" | "bytes" | "fixed32";
}

const kinds = { 0: "varint", 1: "fixed64", 2: "bytes", 5: "fixed32" } as const;
const fixedBytes = { fixed64: 8, fixed32: 4 } as const;
const varintMaxBytes = 10;
const fieldNumberMax = 536_870_911;

/** All fields of a message in order. Throws ProtobufFault. */
export function* wireFields(bytes: Buffer, message: WireSpan): Generator<WireField> {
  let at = message.start;
  while (at < message.end) {
    const tag = readVarint(bytes, { start: at, end: message.end });
    const number = Number(tag.value >> 3n);
    const kind = kinds[Number(tag.value & 7n) as keyof typeof kinds];
    if (kind === undefined || number < 1 || number > fieldNumberMax)
      throw new ProtobufFault(at, "not a field of a message");
    const value = valueSpan(bytes, kind, { start: tag.end, end: message.end });
    yield { number, kind, ...value };
    at = value.end;
  }
}

/** A number of up to 64 bits, and where it ends. Throws ProtobufFault. */
export function readVarint(bytes: Buffer, span: WireSpan): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < varintMaxBytes && span.start + i < span.end; i++) {
    const unit = bytes[span.start + i] ?? 0;
    value |= BigInt(unit & 0x7f) << BigInt(7 * i);
    if (unit < 0x80) return { value: BigInt.asUintN(64, value), end: span.start + i + 1 };
  }
  throw new ProtobufFault(span.start, "a number does not end");
}

/** A text, which is UTF-8. Throws ProtobufFault. */
export function readText(bytes: Buffer, { start, end }: WireSpan): string {
  if (!isUtf8(bytes.subarray(start, end))) throw new ProtobufFault(start, "a text is not valid UTF-8");
  return bytes.toString("utf8", start, end);
}

function valueSpan(bytes: Buffer, kind: WireField["kind"], rest: WireSpan): WireSpan {
  if (kind === "varint") return { start: rest.start, end: readVarint(bytes, rest).end };
  let { start } = rest;
  let length: number;
  if (kind === "bytes") {
    const prefix = readVarint(bytes, rest);
    start = prefix.end;
    length = Number(prefix.value);
  } else length = fixedBytes[kind];
  if (length > rest.end - start) throw new ProtobufFault(rest.start, "a value is longer than the message it is in");
  return { start, end: start + length };
}
