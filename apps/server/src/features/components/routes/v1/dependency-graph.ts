import { uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import type { GraphTexts } from "../../graph-texts.ts";
import { readChildren, readExpandedGraph, readRootsText } from "../../queries/dependency-graph.ts";

const byUuid = z.object({ uuid: uuidText });
const byUuids = z.object({
  projectUuid: uuidText,
  componentUuids: z
    .string()
    .transform((text) => text.split("|").filter((uuid) => uuid !== ""))
    .pipe(z.array(uuidText).min(1)),
});

/** What depends on what. */
export function dependencyGraphRoutes(deps: LookupDeps & { graphTexts: GraphTexts }): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/dependencyGraph/project/:uuid/directDependencies",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      async handle({ params, principal, reply }) {
        reply.type("application/json; charset=utf-8");
        return readRootsText(deps, principal, params.uuid);
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/dependencyGraph/component/:uuid/directDependencies",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readChildren(deps, principal, params.uuid),
    }),
    route({
      method: "GET",
      path: "/api/v1/component/project/:projectUuid/dependencyGraph/:componentUuids",
      access: ["VIEW_PORTFOLIO"],
      params: byUuids,
      handle: ({ params, principal }) => readExpandedGraph(deps, principal, params.projectUuid, params.componentUuids),
    }),
  ];
}
