import { componentIdentityQuery } from "@evertrack/contract/v1/component";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import { findByHash, findByIdentity, type SearchDeps } from "../../queries/search-components.ts";

const HASH_CHARS_MAX = 1_000;

/** Looking for components in the whole portfolio. */
export function componentSearchRoutes(deps: SearchDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/component/hash/:hash",
      access: ["VIEW_PORTFOLIO"],
      deprecated: true,
      params: z.object({ hash: z.string().max(HASH_CHARS_MAX) }),
      query: pagingQuery,
      async handle({ params, query, principal, reply }) {
        const { items, total } = await findByHash(deps, principal, params.hash, pageOf(query));
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/component/identity",
      access: ["VIEW_PORTFOLIO"],
      deprecated: true,
      query: pagingQuery.extend(componentIdentityQuery.shape),
      async handle({ query, principal, reply }) {
        const { items, total } = await findByIdentity(deps, principal, query, pageOf(query));
        totalCount(reply, total);
        return items;
      },
    }),
  ];
}
