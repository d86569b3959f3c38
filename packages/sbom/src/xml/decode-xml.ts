import { TextDecoder } from "node:util";
import { BomError } from "../bom-error.ts";
import { decodeText, placeAt } from "../json/decode.ts";

/** An XML declaration is at the beginning and short. */
const declarationMaxBytes = 200;
const utf8Labels = /^(utf-?8|us-ascii|ascii|utf-?16(le|be)?)$/i;

/**
 * The document as UTF-8 without byte order mark, whatever encoding its mark or its declaration names. Throws BomError
 * `encoding` where it is none, and `not-xml` where it has characters that XML does not allow.
 */
export function decodeXml(bytes: Uint8Array): Uint8Array {
  const label = declaredEncoding(bytes);
  const text = label === undefined || utf8Labels.test(label) ? decodeText(bytes) : decodeAs(bytes, label);
  const odd = firstForbidden(text);
  if (odd === undefined) return text;
  throw new BomError("not-xml", "Not valid XML: a character that XML does not allow", { place: placeAt(text, odd) });
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, declarationMaxBytes)).toString("latin1");
  return /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(start)?.[1];
}

function decodeAs(bytes: Uint8Array, label: string): Uint8Array {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new BomError("encoding", `the encoding ${JSON.stringify(label)} is not known`);
  }
  try {
    return Buffer.from(decoder.decode(bytes), "utf8");
  } catch {
    throw new BomError("encoding", `the document is not valid ${label}`);
  }
}

/** Control characters, U+FFFE and U+FFFF. */
function firstForbidden(text: Uint8Array): number | undefined {
  for (let at = 0; at < text.length; at++) {
    const unit = text[at] ?? 0;
    if (unit < 0x20 && unit !== 0x0a && unit !== 0x09 && unit !== 0x0d) return at;
  }
  const buffer = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  for (const last of [0xbe, 0xbf]) {
    const at = buffer.indexOf(Buffer.from([0xef, 0xbf, last]));
    if (at !== -1) return at;
  }
  return undefined;
}
