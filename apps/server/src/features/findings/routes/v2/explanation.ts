import { explanationPath } from "@evertrack/contract/v2/explanation";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { explainFinding } from "../../queries/explain-finding.ts";

/** Why something is a finding, or is none. */
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
  ];
}
