import type { Database } from "../../../platform/db/index.ts";
import { inventoryDigestOf } from "../../projects/index.ts";
import { IntList } from "../int-list.ts";
import { InventoryDigest, type InventoryRow, inventoryRow } from "../inventory.ts";
import { PackedRows } from "../packed-rows.ts";
import type { PreparedGraph } from "../prepared-graph.ts";
import type { InventoryComponent, InventoryDiff } from "../rules/inventory.ts";
import { componentsJson } from "../store/components.ts";
import { ownIdentitiesOf } from "../store/own-identities.ts";
import { NOTHING_SAID_ID } from "../store/shared-rows.ts";
import { type DocumentLinks, GraphCollector } from "./collect-graph.ts";
import { ensureDetails } from "./ensure-details.ts";
import { ensureIdentities } from "./ensure-identities.ts";
import { ensureLicenses } from "./ensure-licenses.ts";
import { readInventory } from "./read-inventory.ts";

/** Largest number of components of one project; a guard against documents made to exhaust memory. */
const COMPONENTS_MAX = 1_000_000;
/** Rows that are resolved, compared and packed together. */
const BATCH_SIZE = 1_000;
/** In place of an identity that is not made sure of yet. */
const NOT_KNOWN_YET = -1;

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
  graph: PreparedGraph;
  /** True when the document has more dependencies than are taken; the graph is empty then. */
  graphTooLarge: boolean;
}

interface WaitingRow extends InventoryRow {
  /** Its number in the inventory. */
  number: number;
}

interface IdentifiedRow extends InventoryRow {
  identityId: number;
}

/**
 * Takes in the inventory of a project while its BOM is read: components by identity, the first of equal ones wins.
 * Batch by batch, identities, licence statements and details are made sure of and what is stored already is let go, so memory follows the differences
 * (packed) and not the document; what remains of each component is a few dozen bytes in arrays of numbers.
 */
export class InventoryCollector {
  readonly #database: Database;
  readonly #baseDigest: Buffer | null;
  readonly #diff: InventoryDiff;
  /** Identities of components that share theirs with nobody, by the key of what they are in the document. */
  readonly #own: ReadonlyMap<string, number>;
  readonly #digest = new InventoryDigest();
  readonly #graph = new GraphCollector();
  /** By ordinal in the document: which number in the inventory, since equal components share one. */
  readonly #numbers = new IntList();
  /** By number in the inventory. */
  readonly #identityIds = new IntList();
  readonly #added = { rows: new PackedRows(), identityIds: [] as number[] };
  readonly #changed = { rows: new PackedRows(), count: 0 };
  #unchanged = 0;
  #waiting: WaitingRow[] = [];

  private constructor(
    database: Database,
    baseDigest: Buffer | null,
    diff: InventoryDiff,
    own: ReadonlyMap<string, number>,
  ) {
    this.#database = database;
    this.#baseDigest = baseDigest;
    this.#diff = diff;
    this.#own = own;
  }

  /** Starts with what is stored. The digest is read first: an import in between is noticed when this one is written. */
  static async open(database: Database, projectId: number): Promise<InventoryCollector> {
    const baseDigest = (await inventoryDigestOf(database.db, projectId)) ?? null;
    const own = await ownIdentitiesOf(database.db, projectId);
    const ownByKey = new Map(own.map(({ sharedKey, identityId }) => [sharedKey, identityId]));
    return new InventoryCollector(database, baseDigest, await readInventory(database.db, projectId), ownByKey);
  }

  /** Takes components in the order of the document. */
  async add(components: readonly InventoryComponent[]): Promise<void> {
    for (const component of components) {
      const row = inventoryRow(component);
      const known = this.#digest.size;
      const number = this.#digest.add(row.key, row.contentHash);
      this.#numbers.push(number);
      if (number < known) continue;
      if (known >= COMPONENTS_MAX) throw new RangeError(`a project has at most ${COMPONENTS_MAX} components`);
      this.#identityIds.push(NOT_KNOWN_YET);
      this.#waiting.push({ ...row, number });
    }
    if (this.#waiting.length >= BATCH_SIZE) await this.#resolveWaiting();
  }

  /** Takes what depends on what, any time before the end. */
  addLinks(links: readonly DocumentLinks[]): void {
    this.#graph.add(links);
  }

  /** To be called once, after the last component. */
  async finish(): Promise<PreparedInventory> {
    await this.#resolveWaiting();
    const identityOf = this.#numbers.values().map((number) => this.#identityIds.at(number) ?? NOT_KNOWN_YET);
    return {
      digest: this.#digest.finish(),
      baseDigest: this.#baseDigest,
      size: this.#digest.size,
      added: this.#added,
      changed: this.#changed,
      removed: this.#diff.removed(),
      unchanged: this.#unchanged,
      graph: this.#graph.finish(identityOf),
      graphTooLarge: this.#graph.tooMany,
    };
  }

  async #resolveWaiting(): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    const ids = await ensureIdentities(this.#database, batch);
    const different: Record<"added" | "changed", IdentifiedRow[]> = { added: [], changed: [] };
    for (const row of batch) {
      const identityId = this.#own.get(row.key) ?? ids.get(row.key) ?? NOT_KNOWN_YET;
      this.#identityIds.set(row.number, identityId);
      const difference = this.#diff.see(identityId, row.contentHash);
      if (difference === "unchanged") this.#unchanged++;
      else different[difference].push({ ...row, identityId });
    }
    if (different.added.length > 0) this.#added.rows.push(await this.#packable(different.added));
    if (different.changed.length > 0) this.#changed.rows.push(await this.#packable(different.changed));
    for (const { identityId } of different.added) this.#added.identityIds.push(identityId);
    this.#changed.count += different.changed.length;
  }

  async #packable(rows: readonly IdentifiedRow[]): Promise<string> {
    const licenseIds = await ensureLicenses(this.#database, rows);
    const detailIds = await ensureDetails(this.#database, rows);
    return componentsJson(
      rows.map((row, index) => ({
        ...row,
        licenseId: licenseIds[index] ?? NOTHING_SAID_ID,
        detailId: detailIds[index] ?? NOTHING_SAID_ID,
      })),
    );
  }
}
