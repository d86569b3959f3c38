import type { Tx } from "../../../platform/db/index.ts";
import type { ProjectColumns } from "../../projects/index.ts";
import { servicesDigest } from "../service-rows.ts";
import { insertInventorySource } from "../store/inventory-source.ts";
import { serviceHashesOf } from "../store/services.ts";
import type { PreparedInventory } from "./collect-inventory.ts";

/** What a project's inventory was made from, as far as the import knows it. */
export interface ImportedSource {
  projectId: number;
  token: string;
  fingerprint: Buffer;
  prepared: PreparedInventory;
  projectColumns: ProjectColumns;
}

/** Remembers what an inventory was made from, in the import's transaction, after inventory, services and import are written. */
export async function recordInventorySource(tx: Tx, { projectId, prepared, ...source }: ImportedSource): Promise<void> {
  const services = servicesDigest(await serviceHashesOf(tx, projectId));
  if (services === undefined) return;
  await insertInventorySource(tx, projectId, {
    ...source,
    inventoryDigest: prepared.digest,
    graphDigest: prepared.graph.digest,
    graphEdges: prepared.graph.edges,
    servicesDigest: services,
  });
}
