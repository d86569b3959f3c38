import type { Tx } from "../../../platform/db/index.ts";
import type { PreparedGraph } from "../prepared-graph.ts";
import { type GraphNode, storedGraph, storeGraphHead, storeGraphStretch } from "../store/graph.ts";

/** Nodes and edges that are written together. */
const NODES_PER_STATEMENT = 5_000;
const EDGES_PER_STATEMENT = 50_000;
/** The largest identity. */
const IDENTITY_MAX = 2 ** 31 - 1;

/**
 * Makes `graph` the one of the project's inventory, which is written before; an equal one is not written again. Under the
 * project's lock, which whoever changes an inventory takes: that keeps graphs free of deadlocks.
 */
export async function replaceGraph(
  tx: Tx,
  projectId: number,
  graph: PreparedGraph,
  inventoryDigest: Buffer,
): Promise<void> {
  const stored = await storedGraph(tx, projectId);
  // Components that are removed take their node along. Where the release before removed some and brought them back, edges are missing.
  const isStored =
    stored?.digest.equals(graph.digest) &&
    stored.inventoryDigest.equals(inventoryDigest) &&
    stored.edges === graph.edges;
  if (isStored) return;
  for (const stretch of stretchesOf(graph.nodes())) await storeGraphStretch(tx, projectId, stretch);
  await storeGraphHead(tx, projectId, { ...graph, inventoryDigest });
}

function* stretchesOf(nodes: Iterable<GraphNode>) {
  let afterId = 0;
  let batch: GraphNode[] = [];
  let edges = 0;
  for (const node of nodes) {
    batch.push(node);
    edges += node.dependsOn.length;
    if (batch.length < NODES_PER_STATEMENT && edges < EDGES_PER_STATEMENT) continue;
    yield { afterId, lastId: node.identityId, nodes: batch };
    afterId = node.identityId;
    [batch, edges] = [[], 0];
  }
  yield { afterId, lastId: IDENTITY_MAX, nodes: batch };
}
