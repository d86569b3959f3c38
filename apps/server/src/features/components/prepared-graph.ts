import { createHash } from "node:crypto";
import type { GraphNode } from "./store/graph.ts";

/** A dependency graph between identities; 300,000 components with a million edges take 10 MB. */
export interface PreparedGraph {
  /** Identities the project itself depends on, sorted. */
  direct: number[];
  complete: boolean;
  edges: number;
  /** Equal for equal graphs. */
  digest: Buffer;
  /** In identity order; components that depend on nothing are left out. */
  nodes(): Iterable<GraphNode>;
}

/** Makes a graph of edges that are sorted: place of the one in `ids` × number of ids + place of what it depends on. */
export function preparedGraph(
  ids: Int32Array,
  edges: Float64Array,
  direct: ReadonlySet<number>,
  complete: boolean,
): PreparedGraph {
  const sorted = [...direct].sort((a, b) => a - b);
  const nodes = () => nodesOf(ids, edges);
  const digest = createHash("sha256").update(`graph 1 ${complete} ${sorted.join()}`);
  let count = sorted.length;
  for (const { identityId, dependsOn } of nodes()) {
    digest.update(`\n${identityId} ${dependsOn.join()}`);
    count += dependsOn.length;
  }
  return { direct: sorted, complete, edges: count, digest: digest.digest(), nodes };
}

function* nodesOf(ids: Int32Array, edges: Float64Array): Generator<GraphNode> {
  let node: GraphNode | undefined;
  for (let edge = 0; edge < edges.length; edge++) {
    const pair = edges[edge] ?? 0;
    if (edge > 0 && pair === edges[edge - 1]) continue;
    const identityId = ids[Math.floor(pair / ids.length)] ?? 0;
    const dependsOn = ids[pair % ids.length] ?? 0;
    if (node?.identityId === identityId) {
      node.dependsOn.push(dependsOn);
      continue;
    }
    if (node !== undefined) yield node;
    node = { identityId, dependsOn: [dependsOn] };
  }
  if (node !== undefined) yield node;
}
