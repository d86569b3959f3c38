import { createHash, hash } from "node:crypto";
import { type InventoryService, type ServiceCoordinates, serviceDetail } from "./rules/service.ts";

const CONTENT_HASH_DIGITS = 13;

/** A service as it goes to the database. */
export interface NewService {
  /** Of its coordinates, as a UUID text. */
  key: string;
  group?: string | undefined;
  name: string;
  version?: string | undefined;
  /** 52 bits of what is said beyond the coordinates; null when somebody said it by hand. */
  contentHash: number | null;
  detail: object;
}

/** A service with its key and the hash of everything beyond it. */
export function serviceRow(service: InventoryService): NewService & { contentHash: number } {
  const { group, name, version } = service;
  const detail = serviceDetail(service);
  const digits = hash("sha256", JSON.stringify(detail), "hex").slice(0, CONTENT_HASH_DIGITS);
  return { key: serviceKey(service), group, name, version, contentHash: Number.parseInt(digits, 16), detail };
}

/** Key of a service: the first 128 bit of sha256 over its coordinates, as a UUID text. */
export function serviceKey({ group, name, version }: ServiceCoordinates): string {
  const hex = hash("sha256", JSON.stringify([group ?? null, name, version ?? null]), "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Digest of a project's services, key → content hash; undefined when one of them was changed by hand. */
export function servicesDigest(hashes: ReadonlyMap<string, number | null>): Buffer | undefined {
  const digest = createHash("sha256").update("services 1");
  for (const [key, contentHash] of [...hashes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (contentHash === null) return undefined;
    digest.update(`\n${key} ${contentHash}`);
  }
  return digest.digest();
}
