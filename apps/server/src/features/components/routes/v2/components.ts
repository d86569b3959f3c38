import { uuidText } from "@evertrack/contract/v1/access";
import {
  componentPathsQuery,
  componentsQuery,
  createComponentRequest,
  projectComponentsQuery,
} from "@evertrack/contract/v2/components";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { createComponent } from "../../commands/write-component.ts";
import type { ComponentsDeps } from "../../deps.ts";
import { listComponents, listProjectComponents } from "../../queries/component-lists.ts";
import { readComponentPaths } from "../../queries/component-paths.ts";
import { saidInV2 } from "../../rules/hand-made-v2.ts";

const byUuid = z.object({ uuid: uuidText });

/** Components in API v2: of a project, of the portfolio, made by hand; and how one got in. */
export function componentListRoutes(deps: ComponentsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/projects/:uuid/components",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: projectComponentsQuery,
      handle: ({ params, query, principal }) => listProjectComponents(deps, principal, params.uuid, query),
    }),
    route({
      method: "GET",
      path: "/api/v2/components",
      access: ["VIEW_PORTFOLIO"],
      query: componentsQuery,
      handle: ({ query, principal }) => listComponents(deps, principal, query),
    }),
    route({
      method: "POST",
      path: "/api/v2/components",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      body: createComponentRequest,
      async handle({ body, principal, reply }) {
        const uuid = await createComponent(deps, principal, body.project_uuid, saidInV2(body));
        reply.status(201).header("Location", `/api/v1/component/${uuid}`);
      },
    }),
    route({
      method: "GET",
      path: "/api/v2/components/:uuid/paths",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: componentPathsQuery,
      handle: ({ params, query, principal }) => readComponentPaths(deps, principal, params.uuid, query.limit),
    }),
  ];
}
