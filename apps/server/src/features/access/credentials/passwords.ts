import { createHash } from "node:crypto";
import { compare, hash } from "@node-rs/bcrypt";

/** bcrypt over the hexadecimal SHA-512 (128 characters; bcrypt reads the first 72 bytes), off the event loop. */
export function hashPassword(password: string, rounds: number): Promise<string> {
  return hash(sha512(password), { cost: rounds });
}

/** Whether the password belongs to the hash; a malformed hash belongs to none. */
export async function verifyPassword(password: string, passwordHash: string): Promise<boolean> {
  return compare(sha512(password), passwordHash).catch(() => false);
}

function sha512(password: string): string {
  return createHash("sha512").update(password, "utf8").digest("hex");
}
