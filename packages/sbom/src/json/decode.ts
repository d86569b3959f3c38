import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { BomError, type BomPlace } from "../bom-error.ts";

/**
 * The document as UTF-8 bytes without byte order mark. UTF-16 is accepted with a mark and converted; what is neither, or
 * is broken, throws BomError `encoding`.
 */
export function decodeText(bytes: Uint8Array): Uint8Array {
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff)) throw refused("UTF-32 is not read");
  if (startsWith(bytes, 0xff, 0xfe)) return fromUtf16(bytes, "utf-16le");
  if (startsWith(bytes, 0xfe, 0xff)) return fromUtf16(bytes, "utf-16be");
  const text = startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
  if (text[0] === 0 || text[1] === 0)
    throw refused("the document looks like UTF-16 or UTF-32 without a byte order mark");
  if (isUtf8(text)) return text;
  throw new BomError("encoding", "the document is not valid UTF-8", { place: placeAt(text, firstBadByte(text)) });
}

/** Line, column and offset of a byte in UTF-8 text. */
export function placeAt(text: Uint8Array, offset: number): BomPlace {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf(0x0a); at !== -1 && at < offset; at = text.indexOf(0x0a, at + 1)) {
    line++;
    lineStart = at + 1;
  }
  let column = 1;
  for (let at = lineStart; at < offset; at++) {
    if (((text[at] ?? 0) & 0xc0) !== 0x80) column++; // continuation bytes are no characters of their own
  }
  return { line, column, offset };
}

function fromUtf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): Uint8Array {
  try {
    return Buffer.from(new TextDecoder(encoding, { fatal: true }).decode(bytes), "utf8");
  } catch {
    throw refused(`the document is not valid ${encoding.toUpperCase()}`);
  }
}

/** Finds the first byte that a strict decoder rejects: in steps, then byte by byte within the failing step. */
function firstBadByte(text: Uint8Array): number {
  const stepBytes = 64 * 1024;
  let good = new TextDecoder("utf-8", { fatal: true });
  for (let from = 0; from < text.length; from += stepBytes) {
    const step = text.subarray(from, from + stepBytes);
    if (decodes(good, step)) continue;
    good = new TextDecoder("utf-8", { fatal: true });
    const resync = Math.max(0, from - 4);
    let start = resync;
    while (start < from && ((text[start] ?? 0) & 0xc0) === 0x80) start++;
    for (let at = start; at < from + step.length; at++) {
      if (!decodes(good, text.subarray(at, at + 1))) return at;
    }
  }
  return text.length;
}

function decodes(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function startsWith(bytes: Uint8Array, ...mark: number[]): boolean {
  return bytes.length >= mark.length && mark.every((value, i) => bytes[i] === value);
}

function refused(message: string): BomError {
  return new BomError("encoding", message);
}
