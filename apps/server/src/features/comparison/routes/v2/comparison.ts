import { uuidText } from "@evertrack/contract/v1/access";
import { projectDiffQuery } from "@evertrack/contract/v2/diff";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { compareProjects } from "../../queries/compare-projects.ts";
import { readQuality } from "../../queries/read-quality.ts";

const byUuid = z.object({ uuid: uuidText });

/** What changed between two projects, and how good a project's BOM is. */
export function comparisonRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/projects/:uuid/diff",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: projectDiffQuery,
      handle: ({ params, query, principal }) =>
        compareProjects(deps, principal, { uuid: params.uuid, with: query.with, limit: query.limit }),
    }),
    route({
      method: "GET",
      path: "/api/v2/projects/:uuid/quality",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readQuality(deps, principal, params.uuid),
    }),
  ];
}
