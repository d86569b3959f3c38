import { TextFault } from "../text-fault.ts";

/** Where and why the text is not XML. */
export class XmlFault extends TextFault {
  override readonly name = "XmlFault";
}

/** Bytes with a meaning in XML. */
export const byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  bang: 0x21,
  quote: 0x22,
  apostrophe: 0x27,
  minus: 0x2d,
  slash: 0x2f,
  less: 0x3c,
  equals: 0x3d,
  greater: 0x3e,
  question: 0x3f,
  bracketClose: 0x5d,
} as const;

/** The offset of the first byte that is no blank. */
export function skipBlanks(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const unit = bytes[at];
    if (unit !== byte.space && unit !== byte.lineFeed && unit !== byte.carriageReturn && unit !== byte.tab) return at;
    at++;
  }
}

/** Whether no name goes on with this byte. */
export function endsName(unit: number | undefined): boolean {
  if (unit === undefined || unit <= byte.space) return true;
  return (
    unit === byte.greater || unit === byte.slash || unit === byte.equals || unit === byte.less || unit === byte.question
  );
}
