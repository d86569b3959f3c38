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
  uuidV7: () => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
};

function uuidV7(epochMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(epochMs, 0, 6);
  bytes.set(random, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
