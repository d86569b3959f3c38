import { hash } from "node:crypto";
import type { Coordinates, InventoryComponent } from "./rules/inventory.ts";

/** Largest number of components of one project; a guard against documents made to exhaust memory. */
export const COMPONENTS_MAX = 1_000_000;
const CONTENT_HASH_BITS = 52;

/** A component as it goes to the database: strings only, details serialised already. */
export interface InventoryRow extends Omit<InventoryComponent, "detail"> {
  key: string;
  contentHash: number;
  /** JSON text. */
  detail: string;
}

/** The inventory of one project while it is being read: components by identity, the first of equal ones wins. */
export class Inventory {
  readonly #rows = new Map<string, InventoryRow>();

  /** False when a component with this identity is there already. */
  add(component: InventoryComponent): boolean {
    const key = identityKey(component);
    if (this.#rows.has(key)) return false;
    if (this.#rows.size >= COMPONENTS_MAX) throw new RangeError(`a project has at most ${COMPONENTS_MAX} components`);
    const detail = JSON.stringify(component.detail);
    this.#rows.set(key, { ...component, key, detail, contentHash: contentHash(component, detail) });
    return true;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** In the order of their keys: the lock order of identities. */
  sortedRows(): InventoryRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Equal for equal inventories, whatever the order of the document. */
  digest(): Buffer {
    const lines = this.sortedRows().map(({ key, contentHash }) => `${key} ${contentHash}`);
    return hash("sha256", `inventory 1\n${lines.join("\n")}`, "buffer");
  }
}

/** Key of an identity: the first 128 bits of sha256 over every coordinate, as a UUID text. */
export function identityKey(c: Coordinates): string {
  const text = [c.group, c.name, c.version, c.purl, c.cpe, c.swidTagId, c.scope].map((part) => part ?? "").join("\0");
  const hex = hash("sha256", text, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function contentHash(c: InventoryComponent, detail: string): number {
  const parts = [c.classifier, c.isInternal, c.license, c.licenseExpression, c.licenseUrl, detail];
  return Number.parseInt(hash("sha256", JSON.stringify(parts), "hex").slice(0, CONTENT_HASH_BITS / 4), 16);
}
