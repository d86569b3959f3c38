import { InvalidRequest } from "../../../../platform/http/index.ts";

/** Decodes standard base64 strictly: nothing is skipped, padding is complete. Throws the 400 that names the member. */
export function decodeBase64(text: string, member: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // Node skips what it does not know and takes the URL alphabet too: a loss shows in the length, the alphabet does not.
  const isStrict = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding && !/[-_]/.test(text);
  if (isStrict) return bytes;
  throw new InvalidRequest([
    { message: "must be valid base64 (RFC 4648 section 4)", messageTemplate: "base64", path: member },
  ]);
}
