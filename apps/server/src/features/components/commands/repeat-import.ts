import type { Tx } from "../../../platform/db/index.ts";
import { lockFreeProject } from "../../projects/index.ts";
import { servicesDigest } from "../service-rows.ts";
import {
  type InventorySource,
  insertInventorySource,
  type RepeatedImport,
  readInventorySource,
  repeatBomImport,
  type StandingSource,
} from "../store/inventory-source.ts";

/**
 * Locks a project whose inventory was made from the document of this fingerprint, if that inventory, its graph and its services are
 * still what that import made them. Undefined: the document has to be read; also said when somebody else has the project locked.
 */
export async function lockRepeatable(
  tx: Tx,
  projectId: number,
  fingerprint: Buffer,
): Promise<InventorySource | undefined> {
  const project = await lockFreeProject(tx, projectId);
  const source = project && (await readInventorySource(tx, projectId));
  if (source === undefined || !source.fingerprint.equals(fingerprint)) return undefined;
  if (!project?.bomDigest?.equals(source.inventoryDigest)) return undefined;
  return stands(source) ? source : undefined;
}

function stands({ graph, services, ...source }: StandingSource): boolean {
  const graphStands =
    graph.digest?.equals(source.graphDigest) &&
    graph.inventoryDigest?.equals(source.inventoryDigest) &&
    graph.edges === source.graphEdges;
  const hashes = new Map(services.map(({ key, contentHash }) => [key, contentHash]));
  return graphStands === true && servicesDigest(hashes)?.equals(source.servicesDigest) === true;
}

/** Records one more import of the document a project's inventory was made from, in the transaction that has locked it. */
export async function repeatImport(
  tx: Tx,
  projectId: number,
  source: InventorySource,
  token: string,
): Promise<RepeatedImport> {
  const repeated = await repeatBomImport(tx, source.token, token);
  if (repeated === undefined) throw new Error(`import ${source.token} is not known any more`);
  await insertInventorySource(tx, projectId, { ...source, token });
  return repeated;
}
