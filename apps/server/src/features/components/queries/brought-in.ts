import type { ComponentPathsResponse } from "@evertrack/contract/v2/components";
import type { Db } from "../../../platform/db/index.ts";
import { leadersTo } from "../rules/paths.ts";
import { dependenciesById } from "../store/dependencies.ts";
import { pathNodes } from "./component-paths.ts";
import { readWholeGraph } from "./dependency-graph.ts";

/** Which direct dependencies bring a component into a project. */
export interface BroughtIn {
  direct: boolean;
  /** The nearest first, itself left out. */
  via: ComponentPathsResponse["paths"][number];
  via_truncated: boolean;
}

/** Direct dependencies named for one component. */
const VIA_MAX = 5;
const UNKNOWN: BroughtIn = { direct: false, via: [], via_truncated: false };

/** How components, by row ids of their identities, got into a project; and whether its graph is known. */
export async function broughtInBy(
  db: Db,
  projectId: number,
  identityIds: readonly number[],
): Promise<{ graph: ComponentPathsResponse["graph"]; of(identityId: number): BroughtIn }> {
  const graph = identityIds.length === 0 ? undefined : await readWholeGraph(db, projectId);
  if (graph === undefined) return { graph: "MISSING", of: () => UNKNOWN };
  const leaders = leadersTo(graph, identityIds, VIA_MAX);
  const named = new Set([...leaders.values()].flatMap(({ ids }) => ids));
  const byId = new Map((await dependenciesById(db, projectId, [...named])).map((row) => [row.id, row]));
  const direct = new Set(graph.direct);
  return {
    graph: graph.complete ? "COMPLETE" : "INCOMPLETE",
    of(identityId) {
      const { ids, truncated } = leaders.get(identityId) ?? { ids: [], truncated: false };
      const via = ids.flatMap((id) => pathNodes(byId.get(id)));
      return { direct: direct.has(identityId), via, via_truncated: truncated };
    },
  };
}
