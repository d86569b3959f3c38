/** Bytes of JSON that matter for finding where a record ends. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const OPENING_BRACE = 0x7b;
/** `{ "vulnerabilities": [` and the record's own brace. */
const RECORD_DEPTH = 3;
/** The largest record of NVD has less than 4 MB. */
export const RECORD_SIZE_MAX_BYTES = 16 * 1024 ** 2;

/** A record as it stands in the feed, or that it is too large to be read. */
export type RawRecord = { bytes: Buffer } | { fault: string };

/**
 * Cuts a feed into its records while it arrives, so that memory holds one of them and not a feed of 300 MB, and a record that is no
 * JSON costs itself only: the cut goes by brackets outside strings.
 */
export class RecordSplitter {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasBegun = false;
  #hasEnded = false;
  #record: Buffer[] | undefined;
  #sizeBytes = 0;

  /** Whether the document was closed; what comes later is ignored. */
  get isComplete(): boolean {
    return this.#hasEnded;
  }

  /** Takes what arrived and gives the records that ended in it. */
  *push(chunk: Buffer): Generator<RawRecord> {
    let start = 0;
    for (let at = 0; at < chunk.length && !this.#hasEnded; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        this.#passString(byte);
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (OPENING.has(byte)) {
        this.#depth++;
        this.#hasBegun = true;
        if (this.#depth === RECORD_DEPTH && byte === OPENING_BRACE) {
          this.#record = [];
          this.#sizeBytes = 0;
          start = at;
        }
      } else if (CLOSING.has(byte)) {
        if (this.#depth === RECORD_DEPTH && this.#record !== undefined) {
          yield this.#finish(chunk.subarray(start, at + 1));
        }
        this.#depth--;
        this.#hasEnded = this.#hasBegun && this.#depth <= 0;
      }
    }
    if (this.#record !== undefined) this.#keep(chunk.subarray(start));
  }

  #passString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #keep(part: Buffer): void {
    this.#sizeBytes += part.length;
    if (this.#sizeBytes > RECORD_SIZE_MAX_BYTES) this.#record = [];
    else this.#record?.push(Buffer.from(part));
  }

  #finish(last: Buffer): RawRecord {
    this.#keep(last);
    const parts = this.#record ?? [];
    this.#record = undefined;
    return this.#sizeBytes > RECORD_SIZE_MAX_BYTES
      ? { fault: `is larger than ${RECORD_SIZE_MAX_BYTES} bytes` }
      : { bytes: Buffer.concat(parts) };
  }
}

/** The digest (hexadecimal, lower case) of the uncompressed feed that a `.meta` file states; undefined when it states none. */
export function digestOfMeta(text: string): string | undefined {
  return /^sha256:\s*([0-9a-f]{64})\s*$/im.exec(text)?.[1]?.toLowerCase();
}

const FIRST_YEAR = 2002;

/** The feeds in the order of reading: the newest year first, what was modified lately at the end. 2002 holds all earlier years. */
export function nvdFeeds(year: number): string[] {
  const years = Array.from({ length: Math.max(year - FIRST_YEAR + 1, 1) }, (_, index) => `${year - index}`);
  return [...years, "modified"];
}

/** Whether one time of NVD is after another; both in UTC. */
export function isNewer(modified: string, than: string): boolean {
  return Date.parse(modified) > Date.parse(than);
}
