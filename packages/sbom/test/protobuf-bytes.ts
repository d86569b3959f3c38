/** What a field holds: a text, a whole number, a fraction, bytes, or a message. */
export type FieldValue = string | number | { double: number } | Uint8Array | readonly TestField[];

/** A field of a message by its number. */
export type TestField = readonly [number: number, value: FieldValue];

/** Writes a message of Protocol Buffers, field by field. */
export function protobufMessage(fields: readonly TestField[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => fieldBytes(number, value)));
}

function fieldBytes(number: number, value: FieldValue): Buffer {
  if (typeof value === "number") return Buffer.from([...varint(number * 8), ...varint(value)]);
  if (typeof value === "object" && "double" in value) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value.double);
    return Buffer.concat([Buffer.from(varint(number * 8 + 1)), bytes]);
  }
  const content = Array.isArray(value) ? protobufMessage(value) : Buffer.from(value as string | Uint8Array);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
