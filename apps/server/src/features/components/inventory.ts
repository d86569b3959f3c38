import { createHash, hash } from "node:crypto";
import { KeyTable } from "./key-table.ts";
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
  return uuidText(hash("sha256", text, "hex"));
}

function uuidText(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Lines that are digested together. */
const LINES_PER_UPDATE = 1_000;

/** Digest of a whole inventory, key → content hash: equal for equal ones, whatever the order of the document. */
export class InventoryDigest {
  readonly #keys = new KeyTable();
  #contentHashes = new Float64Array(1_024);

  /** How many different keys were added. */
  get size(): number {
    return this.#keys.size;
  }

  /** Numbers a key in the order of arrival; the content hash of one that is there already does not count. */
  add(key: string, contentHash: number): number {
    const known = this.#keys.size;
    const number = this.#keys.add(key);
    if (number < known) return number;
    if (number >= this.#contentHashes.length) this.#grow();
    this.#contentHashes[number] = contentHash;
    return number;
  }

  finish(): Buffer {
    const digest = createHash("sha256").update("inventory 1");
    const sorted = this.#keys.sorted();
    for (let start = 0; start < sorted.length; start += LINES_PER_UPDATE) {
      let lines = "";
      for (const number of sorted.subarray(start, start + LINES_PER_UPDATE))
        lines += `\n${uuidText(this.#keys.hexOf(number))} ${this.#contentHashes[number]}`;
      digest.update(lines);
    }
    if (sorted.length === 0) digest.update("\n");
    return digest.digest();
  }

  #grow(): void {
    const larger = new Float64Array(this.#contentHashes.length * 2);
    larger.set(this.#contentHashes);
    this.#contentHashes = larger;
  }
}

function contentHash(c: InventoryComponent, detail: string): number {
  const parts = [c.classifier, c.isInternal, c.license, c.licenseExpression, c.licenseUrl, detail];
  return Number.parseInt(hash("sha256", JSON.stringify(parts), "hex").slice(0, CONTENT_HASH_BITS / 4), 16);
}
