import type { ComponentPathsResponse } from "@evertrack/contract/v2/components";
import type { Principal } from "../../../platform/http/index.ts";
import type { LookupDeps } from "../../projects/index.ts";
import { shortestPaths } from "../rules/paths.ts";
import { type DependencyRow, dependenciesById } from "../store/dependencies.ts";
import { readWholeGraph } from "./dependency-graph.ts";
import { requireComponent } from "./find-component.ts";

/** How a component got into its project: the shortest ways from what the project depends on directly. */
export async function readComponentPaths(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
  limit: number,
): Promise<ComponentPathsResponse> {
  const { db } = deps.database;
  const { project_id: projectId, identity_id: target } = await requireComponent(deps, principal, uuid);
  const graph = await readWholeGraph(db, projectId);
  if (graph === undefined) return { graph: "MISSING", direct: false, paths: [], truncated: false };
  const { paths, truncated } = shortestPaths(graph, target, limit);
  const rows = await dependenciesById(db, projectId, [...new Set(paths.flat())]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    graph: graph.complete ? "COMPLETE" : "INCOMPLETE",
    direct: graph.direct.includes(target),
    paths: paths.map((path) => path.flatMap((id) => pathNodes(byId.get(id)))),
    truncated,
  };
}

/** A component as a node of a path; none where it is gone. */
export function pathNodes(row: DependencyRow | undefined): ComponentPathsResponse["paths"][number] {
  if (row === undefined) return [];
  const { uuid, name, group_name: group, version, purl } = row;
  const told = { group, version, purl };
  const present = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
  return [{ uuid, name, ...present }];
}
