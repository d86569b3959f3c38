import { isXmlName } from "./xml-text.ts";

interface KnownName {
  name: string;
  bytes: Uint8Array;
}

/** BOMs use the same few dozen names over and over; odd documents have no more of ours than this. */
const namesMax = 1_000;

/** Names by their bytes: the same few texts instead of millions of new ones. */
export class NameTable {
  private readonly known = new Map<number, KnownName>();

  /** The name that stands there, or undefined where it is none. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const known = this.known.get(hash);
    if (known !== undefined && isSame(bytes, start, end, known.bytes)) return known.name;
    const name = bytes.toString("utf8", start, end);
    if (!isXmlName(name)) return undefined;
    if (known === undefined && this.known.size < namesMax)
      this.known.set(hash, { name, bytes: Uint8Array.from(bytes.subarray(start, end)) });
    return name;
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (other.length !== end - start) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}
