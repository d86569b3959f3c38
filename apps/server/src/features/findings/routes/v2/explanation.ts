import { uuidText } from "@evertrack/contract/v1/access";
import { explanationPath } from "@evertrack/contract/v2/explanation";
import { projectFixesQuery } from "@evertrack/contract/v2/fixes";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { explainFinding } from "../../queries/explain-finding.ts";
import { projectFixes } from "../../queries/project-fixes.ts";

const byUuid = z.object({ uuid: uuidText });

/** Why something is a finding, or is none; and what fixes the findings of a project. */
export function explanationRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/components/:uuid/findings/:source/:vuln_id/explanation",
      access: ["VIEW_VULNERABILITY"],
      params: explanationPath,
      handle: ({ params: { uuid, source, vuln_id: vulnId }, principal }) =>
        explainFinding(deps, principal, { component: uuid, source, vulnId }),
    }),
    route({
      method: "GET",
      path: "/api/v2/projects/:uuid/fixes",
      access: ["VIEW_VULNERABILITY"],
      params: byUuid,
      query: projectFixesQuery,
      handle: ({ params, query, principal }) => projectFixes(deps, principal, params.uuid, query),
    }),
  ];
}
