/** What depends on what within a project, by row ids of identities. */
export interface Graph {
  /** What the project itself depends on. */
  direct: readonly number[];
  nodes: ReadonlyMap<number, readonly number[]>;
}

/** Steps a search takes at most; beyond, its answer is incomplete and says so. */
const STEPS_MAX = 100_000;

/** Ways into a project, and whether there are more. */
export interface FoundPaths {
  paths: number[][];
  truncated: boolean;
}

/**
 * The shortest ways from what the project depends on directly to `target`, no node twice on one of them. How far each node is from
 * the target is known first, so that ways are followed only as long as they can still be among the shortest: the first found is
 * the shortest, and cycles end nothing but themselves.
 */
export function shortestPaths(graph: Graph, target: number, limit: number): FoundPaths {
  const distances = distancesTo(graph.nodes, target);
  const queue = new LengthQueue();
  for (const root of graph.direct.toReversed()) {
    const left = distances.get(root);
    if (left !== undefined) queue.push(left, { id: root, before: undefined });
  }
  const paths: number[][] = [];
  for (let step = 0; step < STEPS_MAX; step++) {
    const way = queue.pop();
    if (way === undefined) return { paths, truncated: false };
    if (way.id === target) {
      if (paths.length === limit) return { paths, truncated: true };
      paths.push(idsOf(way));
    } else followOn(graph, distances, queue, way);
  }
  return { paths, truncated: true };
}

/** A way from a direct dependency, last node first. */
interface Way {
  id: number;
  before: Way | undefined;
}

function followOn(graph: Graph, distances: ReadonlyMap<number, number>, queue: LengthQueue, way: Way): void {
  const taken = new Set(idsOf(way));
  for (const next of (graph.nodes.get(way.id) ?? []).toReversed()) {
    const left = distances.get(next);
    if (left !== undefined && !taken.has(next)) queue.push(taken.size + left, { id: next, before: way });
  }
}

function idsOf(way: Way): number[] {
  const ids: number[] = [];
  for (let at: Way | undefined = way; at !== undefined; at = at.before) ids.push(at.id);
  return ids.reverse();
}

/** Ways by how long they are at least when they reach the target; of equal ones the newest comes first, which is the furthest. */
class LengthQueue {
  readonly #byLength: Way[][] = [];
  #shortest = 0;

  push(length: number, way: Way): void {
    const same = this.#byLength[length];
    if (same === undefined) this.#byLength[length] = [way];
    else same.push(way);
    this.#shortest = Math.min(this.#shortest, length);
  }

  pop(): Way | undefined {
    for (; this.#shortest < this.#byLength.length; this.#shortest++) {
      const way = this.#byLength[this.#shortest]?.pop();
      if (way !== undefined) return way;
    }
    return undefined;
  }
}

/** Steps from each node to the target; nodes it cannot be reached from are missing. */
function distancesTo(nodes: Graph["nodes"], target: number): Map<number, number> {
  const dependents = dependentsOf(nodes);
  const distances = new Map([[target, 0]]);
  // A map is walked in the order of insertion, additions included: breadth first.
  for (const [id, distance] of distances)
    for (const dependent of dependents.get(id) ?? [])
      if (!distances.has(dependent)) distances.set(dependent, distance + 1);
  return distances;
}

/** Edges looked at on the ways back from all targets together. */
const BACKWARD_STEPS_MAX = 1_000_000;

/** What the project depends on directly and that leads somewhere, the nearest first; `truncated`: there may be more. */
export interface Leaders {
  ids: number[];
  truncated: boolean;
}

/** Direct dependencies that lead to each of the targets, at most `limit` for one; a target does not lead to itself. */
export function leadersTo(graph: Graph, targets: readonly number[], limit: number): Map<number, Leaders> {
  const dependents = dependentsOf(graph.nodes);
  const direct = new Set(graph.direct);
  let stepsLeft = BACKWARD_STEPS_MAX;
  const leadersOf = (target: number): Leaders => {
    const ids: number[] = [];
    const seen = new Set([target]);
    // A set is walked in the order of insertion, additions included: breadth first, so the nearest come first.
    for (const id of seen) {
      if (id !== target && direct.has(id)) {
        if (ids.length === limit) return { ids, truncated: true };
        ids.push(id);
      }
      for (const dependent of dependents.get(id) ?? []) {
        if (stepsLeft-- <= 0) return { ids, truncated: true };
        seen.add(dependent);
      }
    }
    return { ids, truncated: false };
  };
  return new Map(targets.map((target) => [target, leadersOf(target)]));
}

/** The nodes and everything that depends on them, however far. */
export function withDependents(nodes: Graph["nodes"], ids: readonly number[]): Set<number> {
  const dependents = dependentsOf(nodes);
  const found = new Set(ids);
  for (const id of found) for (const dependent of dependents.get(id) ?? []) found.add(dependent);
  return found;
}

function dependentsOf(nodes: Graph["nodes"]): Map<number, number[]> {
  const dependents = new Map<number, number[]>();
  for (const [id, dependsOn] of nodes)
    for (const dependency of dependsOn) {
      const known = dependents.get(dependency);
      if (known === undefined) dependents.set(dependency, [id]);
      else known.push(id);
    }
  return dependents;
}
