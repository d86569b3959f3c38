/** Time, randomness and ids of the process; passed in, so that tests decide. Leases and due times use the database's clock. */
export interface Clock {
  now(): Date;
  randomBytes(length: number): Uint8Array;
  uuid(): string;
  /** Time-ordered id (RFC 9562 version 7). */
  uuidV7(): string;
}

export const systemClock: Clock = {
  now: () => new Date(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
  uuidV7: uuidV7Maker(Date.now),
};

const COUNTER_MAX = 0xfff;
/** Leaves the upper half of the counter for ids of the same millisecond. */
const COUNTER_START_MAX = 0x7ff;

/**
 * Ids of one maker ascend strictly, also within a millisecond and when the clock steps back: the 12 bits after the version
 * count (RFC 9562 section 6.2, method 1), and a full counter borrows from the next millisecond.
 */
export function uuidV7Maker(epochMs: () => number): () => string {
  let lastMs = 0;
  let counter = 0;
  return () => {
    const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
    const nowMs = epochMs();
    if (nowMs <= lastMs && counter < COUNTER_MAX) counter++;
    else {
      lastMs = Math.max(nowMs, lastMs + 1);
      counter = bytes.readUInt16BE(6) & COUNTER_START_MAX;
    }
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
}
