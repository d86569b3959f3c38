/** Largest input, output, label set or payload the engine stores: large things belong in tables or files, ids in runs. */
export const DOCUMENT_SIZE_MAX_BYTES = 1_048_576;

const UNSTORABLE = /\\u0000|\\ud[89a-f]/i;

/** A document is larger than the engine stores. */
export class DocumentTooLarge extends Error {
  override name = "DocumentTooLarge";

  constructor(subject: string, sizeBytes: number) {
    super(`${subject} has ${sizeBytes} bytes; at most ${DOCUMENT_SIZE_MAX_BYTES} are stored`);
  }
}

/** JSON text for a jsonb column; null for undefined. NUL and lone surrogates, which jsonb refuses, become U+FFFD. */
export function toJson(value: unknown, subject: string): string | null {
  if (value === undefined || value === null) return null;
  let text = JSON.stringify(value);
  if (text === undefined) return null;
  if (UNSTORABLE.test(text)) text = JSON.stringify(value, storable);
  if (text.length > DOCUMENT_SIZE_MAX_BYTES / 3) {
    const sizeBytes = Buffer.byteLength(text);
    if (sizeBytes > DOCUMENT_SIZE_MAX_BYTES) throw new DocumentTooLarge(subject, sizeBytes);
  }
  return text;
}

function storable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\u0000", "\ufffd") : value;
}
