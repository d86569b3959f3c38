import { hash } from "node:crypto";
import type { Coordinates, InventoryComponent } from "./rules/inventory.ts";

const CONTENT_HASH_BITS = 52;

/** A component as it goes to the database: strings only, details serialised already. */
export interface InventoryRow extends Omit<InventoryComponent, "detail"> {
  key: string;
  contentHash: number;
  /** JSON text. */
  detail: string;
}

/** A component with its key, its serialised details and the hash of everything beyond its identity. */
export function inventoryRow(component: InventoryComponent): InventoryRow {
  const detail = JSON.stringify(component.detail);
  return { ...component, key: identityKey(component), detail, contentHash: contentHash(component, detail) };
}

/** Key of an identity: the first 128 bits of sha256 over every coordinate, as a UUID text. */
export function identityKey(c: Coordinates): string {
  const text = [c.group, c.name, c.version, c.purl, c.cpe, c.swidTagId, c.scope].map((part) => part ?? "").join("\0");
  const hex = hash("sha256", text, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Digest of a whole inventory (key → content hash): equal for equal ones, whatever the order of the document. */
export function inventoryDigest(contentHashes: ReadonlyMap<string, number>): Buffer {
  const lines = Array.from(contentHashes, ([key, contentHash]) => `${key} ${contentHash}`).sort();
  return hash("sha256", `inventory 1\n${lines.join("\n")}`, "buffer");
}

function contentHash(c: InventoryComponent, detail: string): number {
  const parts = [c.classifier, c.isInternal, c.license, c.licenseExpression, c.licenseUrl, detail];
  return Number.parseInt(hash("sha256", JSON.stringify(parts), "hex").slice(0, CONTENT_HASH_BITS / 4), 16);
}
