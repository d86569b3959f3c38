import { IntList } from "../int-list.ts";
import { type PreparedGraph, preparedGraph } from "../prepared-graph.ts";

/** Largest number of dependencies taken from one document; a guard against documents made to exhaust memory. */
const EDGES_MAX = 5_000_000;
/** The project itself among the ordinals of components. */
const PROJECT_ORDINAL = -1;

/** What one component of a document needs directly; components by their ordinal in the document, −1 is the project. */
export interface DocumentLinks {
  from: number;
  to: readonly number[];
}

/** Takes in the dependency graph of a document, and merges it over components that turn out to be equal. */
export class GraphCollector {
  readonly #from = new IntList();
  readonly #to = new IntList();
  #namesProject = false;
  #tooMany = false;

  /** True once there were too many dependencies: then there is no graph at all, since half of one would mislead. */
  get tooMany(): boolean {
    return this.#tooMany;
  }

  add(links: readonly DocumentLinks[]): void {
    for (const { from, to } of links) {
      if (from === PROJECT_ORDINAL) this.#namesProject = true;
      this.#tooMany ||= this.#to.length + to.length > EDGES_MAX;
      if (this.#tooMany) return;
      for (const ordinal of to) {
        this.#from.push(from);
        this.#to.push(ordinal);
      }
    }
  }

  /** To be called once, with the identity of each component by its ordinal. */
  finish(identityOf: Int32Array): PreparedGraph {
    if (this.#tooMany) return preparedGraph(new Int32Array(), new Float64Array(), new Set(), false);
    const ids = Int32Array.from(new Set(identityOf)).sort();
    const rankOf = ranksIn(ids, identityOf);
    const direct = new Set<number>();
    const pairs = new Float64Array(this.#to.length);
    let count = 0;
    for (let edge = 0; edge < pairs.length; edge++) {
      const to = rankOf[this.#to.at(edge) ?? PROJECT_ORDINAL];
      const from = this.#from.at(edge) ?? PROJECT_ORDINAL;
      if (to === undefined) continue; // the project is no component of its own
      if (from === PROJECT_ORDINAL) direct.add(ids[to] ?? 0);
      else if (rankOf[from] !== to) pairs[count++] = (rankOf[from] ?? 0) * ids.length + to;
    }
    return preparedGraph(ids, pairs.subarray(0, count).sort(), direct, this.#namesProject);
  }
}

/** The place of each identity in the sorted list. */
function ranksIn(ids: Int32Array, identityOf: Int32Array): Int32Array {
  return identityOf.map((id) => {
    let [low, high] = [0, ids.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ids[middle] ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}
