import { uuidText } from "@evertrack/contract/v1/access";
import { vulnerabilityNamePath } from "@evertrack/contract/v1/vulnerability";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { projectsAffectedBy, vulnerabilitiesOfComponent, vulnerabilitiesOfProject } from "../../queries/affected-by.ts";

const byUuid = z.object({ uuid: uuidText });
const flag = z.enum(["true", "false", ""]).optional();

/** Who is affected by a vulnerability, and by which ones somebody is. */
export function affectedByRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/vulnerability/source/:source/vuln/:vuln/projects",
      access: ["VIEW_PORTFOLIO"],
      params: vulnerabilityNamePath,
      query: pagingQuery.extend({ excludeInactive: flag }),
      async handle({ params, query, principal, reply }) {
        const request = { ...params, page: pageOf(query), withInactive: query.excludeInactive !== "true" };
        const { projects, total } = await projectsAffectedBy(deps, principal, request);
        totalCount(reply, total);
        return projects;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/vulnerability/component/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: pagingQuery.extend({ suppressed: flag }),
      async handle({ params, query, principal, reply }) {
        const request = { ...params, page: pageOf(query), withSuppressed: query.suppressed === "true" };
        const { vulnerabilities, total } = await vulnerabilitiesOfComponent(deps, principal, request);
        totalCount(reply, total);
        return vulnerabilities;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/vulnerability/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: z.object({ suppressed: flag }),
      deprecated: true,
      async handle({ params, query, principal, reply }) {
        const request = { ...params, withSuppressed: query.suppressed === "true" };
        const { vulnerabilities, total } = await vulnerabilitiesOfProject(deps, principal, request);
        totalCount(reply, total);
        return vulnerabilities;
      },
    }),
  ];
}
