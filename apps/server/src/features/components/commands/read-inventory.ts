import type { Db } from "../../../platform/db/index.ts";
import { InventoryDiff } from "../rules/inventory.ts";
import { contentHashesAfter } from "../store/components.ts";

/** Stored components that are read together. */
const PAGE_SIZE = 20_000;
/** A guard against a walk that does not end. */
const PAGES_MAX = 10_000;

/** The stored inventory of a project, ready to be compared with another one. */
export async function readInventory(db: Db, projectId: number): Promise<InventoryDiff> {
  const identityIds: Int32Array[] = [];
  const contentHashes: Float64Array[] = [];
  let afterId = 0;
  for (let page = 0; page < PAGES_MAX; page++) {
    const rows = await contentHashesAfter(db, projectId, afterId, PAGE_SIZE);
    identityIds.push(Int32Array.from(rows, ({ id }) => id));
    contentHashes.push(Float64Array.from(rows, ({ hash }) => hash));
    afterId = rows.at(-1)?.id ?? afterId;
    if (rows.length < PAGE_SIZE) break;
  }
  return new InventoryDiff(
    joined(new Int32Array(sizeOf(identityIds)), identityIds),
    joined(new Float64Array(sizeOf(contentHashes)), contentHashes),
  );
}

function sizeOf(parts: readonly { length: number }[]): number {
  return parts.reduce((size, { length }) => size + length, 0);
}

function joined<A extends Int32Array | Float64Array>(whole: A, parts: readonly A[]): A {
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
