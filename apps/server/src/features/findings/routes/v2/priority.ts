import { findingPriorityPath, findingPriorityQuery } from "@evertrack/contract/v2/priority";
import { type Route, route } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { findingPriority } from "../../queries/finding-priority.ts";

/** How urgent a finding is, explained. */
export function findingPriorityRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/components/:uuid/vulnerabilities/:vulnerability/priority",
      access: ["VIEW_VULNERABILITY"],
      params: findingPriorityPath,
      query: findingPriorityQuery,
      handle: ({ params: { uuid, vulnerability }, query: { exposure }, principal }) =>
        findingPriority(deps, principal, { component: uuid, vulnerability, exposure }),
    }),
  ];
}
