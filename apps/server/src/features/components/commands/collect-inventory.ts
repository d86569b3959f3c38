import type { Database } from "../../../platform/db/index.ts";
import { inventoryDigestOf } from "../../projects/index.ts";
import { type InventoryRow, inventoryDigest, inventoryRow } from "../inventory.ts";
import { PackedRows } from "../packed-rows.ts";
import { type InventoryComponent, InventoryDiff } from "../rules/inventory.ts";
import { componentsJson, contentHashesOf, type StoredComponent } from "../store/components.ts";
import { ensureIdentities } from "./ensure-identities.ts";

/** Largest number of components of one project; a guard against documents made to exhaust memory. */
const COMPONENTS_MAX = 1_000_000;
/** Rows that are resolved, compared and packed together. */
const BATCH_SIZE = 2_000;

/** An inventory whose identities exist, and how it differs from the stored one. */
export interface PreparedInventory {
  digest: Buffer;
  /** Digest of the stored inventory the differences are against; null before the first import. */
  baseDigest: Buffer | null;
  size: number;
  added: { rows: PackedRows; identityIds: number[] };
  changed: { rows: PackedRows; count: number };
  removed: number[];
  unchanged: number;
}

/**
 * Takes in the inventory of a project while its BOM is read: components by identity, the first of equal ones wins.
 * Batch by batch, identities are made sure of and what is stored already is let go, so memory follows the differences
 * (packed) and not the document.
 */
export class InventoryCollector {
  readonly #database: Database;
  readonly #baseDigest: Buffer | null;
  readonly #diff: InventoryDiff;
  readonly #hashes = new Map<string, number>();
  readonly #added = { rows: new PackedRows(), identityIds: [] as number[] };
  readonly #changed = { rows: new PackedRows(), count: 0 };
  #unchanged = 0;
  #waiting: InventoryRow[] = [];

  private constructor(database: Database, baseDigest: Buffer | null, stored: ReadonlyMap<number, number>) {
    this.#database = database;
    this.#baseDigest = baseDigest;
    this.#diff = new InventoryDiff(stored);
  }

  /** Starts with what is stored. The digest is read first: an import in between is noticed when this one is written. */
  static async open(database: Database, projectId: number): Promise<InventoryCollector> {
    const baseDigest = (await inventoryDigestOf(database.db, projectId)) ?? null;
    return new InventoryCollector(database, baseDigest, await contentHashesOf(database.db, projectId));
  }

  /** Takes components in the order of the document. */
  async add(components: readonly InventoryComponent[]): Promise<void> {
    for (const component of components) {
      const row = inventoryRow(component);
      if (this.#hashes.has(row.key)) continue;
      if (this.#hashes.size >= COMPONENTS_MAX)
        throw new RangeError(`a project has at most ${COMPONENTS_MAX} components`);
      this.#hashes.set(row.key, row.contentHash);
      this.#waiting.push(row);
    }
    if (this.#waiting.length >= BATCH_SIZE) await this.#resolveWaiting();
  }

  /** To be called once, after the last component. */
  async finish(): Promise<PreparedInventory> {
    await this.#resolveWaiting();
    return {
      digest: inventoryDigest(this.#hashes),
      baseDigest: this.#baseDigest,
      size: this.#hashes.size,
      added: this.#added,
      changed: this.#changed,
      removed: this.#diff.removed(),
      unchanged: this.#unchanged,
    };
  }

  async #resolveWaiting(): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    const ids = await ensureIdentities(this.#database, batch);
    const different: Record<"added" | "changed", StoredComponent[]> = { added: [], changed: [] };
    for (const row of batch) {
      const identityId = ids.get(row.key) ?? -1;
      const difference = this.#diff.see(identityId, row.contentHash);
      if (difference === "unchanged") this.#unchanged++;
      else different[difference].push({ ...row, identityId });
    }
    if (different.added.length > 0) this.#added.rows.push(componentsJson(different.added));
    if (different.changed.length > 0) this.#changed.rows.push(componentsJson(different.changed));
    for (const { identityId } of different.added) this.#added.identityIds.push(identityId);
    this.#changed.count += different.changed.length;
  }
}
