import { cwePath } from "@evertrack/contract/v1/cwe";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import { listWeaknesses, requireWeakness } from "../../queries/weaknesses.ts";

/** Names of weaknesses (spec/api-v1.md). */
export function cweRoutes(): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/cwe",
      access: "authenticated",
      query: pagingQuery,
      async handle({ query, reply }) {
        const { items, total } = listWeaknesses(pageOf(query));
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/cwe/:cweId",
      access: "authenticated",
      params: cwePath,
      handle: async ({ params }) => requireWeakness(params.cweId),
    }),
  ];
}
