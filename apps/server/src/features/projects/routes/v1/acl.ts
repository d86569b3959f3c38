import { uuidText } from "@evertrack/contract/v1/access";
import { aclMapping } from "@evertrack/contract/v1/portfolio";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { addTeamMapping, removeTeamMapping } from "../../commands/map-team.ts";
import type { ProjectsDeps } from "../../deps.ts";

/** Which teams have access to which projects. */
export function aclRoutes(deps: ProjectsDeps): Route[] {
  return [
    route({
      method: "PUT",
      path: "/api/v1/acl/mapping",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_CREATE"],
      body: aclMapping,
      handle: ({ body }) => addTeamMapping(deps, body),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/acl/mapping/team/:teamUuid/project/:projectUuid",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_DELETE"],
      params: z.object({ teamUuid: uuidText, projectUuid: uuidText }),
      async handle({ params, reply }) {
        await removeTeamMapping(deps, { team: params.teamUuid, project: params.projectUuid });
        reply.status(200);
      },
    }),
  ];
}
