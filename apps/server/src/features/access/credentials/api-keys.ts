import { createHash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const PUBLIC_ID_LENGTH = 8;
const SECRET_LENGTH = 32;
const LEGACY_KEY_LENGTH = 32;
const LEGACY_PUBLIC_ID_LENGTH = 5;
/** Bytes at or above this would favour the first letters of the alphabet; they are drawn again. */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);

/** The two halves of a presented key. */
export interface PresentedKey {
  publicId: string;
  secret: string;
}

/** A new key: shown once as `key`, kept as public id and secret hash. */
export function generateKey(
  prefix: string,
  randomBytes: (length: number) => Uint8Array,
): PresentedKey & { key: string } {
  const publicId = randomText(PUBLIC_ID_LENGTH, randomBytes);
  const secret = randomText(SECRET_LENGTH, randomBytes);
  return { publicId, secret, key: composeKey(prefix, publicId, secret) };
}

export function composeKey(prefix: string, publicId: string, secret: string): string {
  return `${keyPrefix(prefix)}${publicId}_${secret}`;
}

/** What lists show instead of a key. */
export function maskKey(prefix: string, publicId: string): string {
  return `${keyPrefix(prefix)}${publicId}${"*".repeat(4)}`;
}

/** Reads `<prefix>_<public id>_<secret>`, and the legacy forms of 32 characters with or without prefix. */
export function readKey(text: string): PresentedKey | undefined {
  const modern = new RegExp(`(?:^|_)([A-Za-z0-9]{${PUBLIC_ID_LENGTH}})_([A-Za-z0-9]{${SECRET_LENGTH}})$`).exec(text);
  if (modern?.[1] !== undefined && modern[2] !== undefined) return { publicId: modern[1], secret: modern[2] };
  const legacy = new RegExp(`(?:^|_)([A-Za-z0-9]{${LEGACY_KEY_LENGTH}})$`).exec(text)?.[1];
  if (legacy === undefined) return undefined;
  return { publicId: legacy.slice(0, LEGACY_PUBLIC_ID_LENGTH), secret: legacy.slice(LEGACY_PUBLIC_ID_LENGTH) };
}

/** SHA3-256, hexadecimal: enough for 190 random bits, and cheap at every request. */
export function hashSecret(secret: string): string {
  return createHash("sha3-256").update(secret).digest("hex");
}

function keyPrefix(prefix: string): string {
  const trimmed = prefix.replace(/_+$/, "");
  return trimmed === "" ? "" : `${trimmed}_`;
}

function randomText(length: number, randomBytes: (length: number) => Uint8Array): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED_BELOW && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}
