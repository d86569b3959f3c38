import { createHash } from "node:crypto";

const TOKEN_BYTES = 32;

/** An opaque token: base64url without padding. */
export function newSessionToken(randomBytes: (length: number) => Uint8Array): string {
  return Buffer.from(randomBytes(TOKEN_BYTES)).toString("base64url");
}

/** What the database keeps of a token. */
export function hashSessionToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
