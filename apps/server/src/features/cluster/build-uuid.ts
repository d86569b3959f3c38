import { createHash } from "node:crypto";

/** Names the build: the same for every instance of it. */
export function buildUuid(version: string): string {
  const hex = createHash("sha256").update(`evertrack ${version}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
