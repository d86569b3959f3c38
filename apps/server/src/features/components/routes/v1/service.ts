import { uuidText } from "@evertrack/contract/v1/access";
import { serviceCreation, serviceUpdate } from "@evertrack/contract/v1/service";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, sortColumn, totalCount } from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { createService, deleteService, updateService } from "../../commands/write-service.ts";
import { readOneService, readServicePage, SERVICE_SORT_NAMES } from "../../queries/read-services.ts";

const byUuid = z.object({ uuid: uuidText });

/** Services of a project, and single ones. */
export function serviceRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/service/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: pagingQuery,
      async handle({ params, query, principal, reply }) {
        const page = pageOf(query);
        const column = sortColumn(page, SERVICE_SORT_NAMES, "name");
        const { items, total } = await readServicePage(deps, principal, params.uuid, { ...page, column });
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/service/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readOneService(deps, principal, params.uuid),
    }),
    route({
      method: "PUT",
      path: "/api/v1/service/project/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_CREATE"],
      params: byUuid,
      body: serviceCreation,
      async handle({ params, body, principal, reply }) {
        const service = await createService(deps, principal, params.uuid, body);
        reply.status(201);
        return service;
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/service",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      body: serviceUpdate,
      handle: ({ body, principal }) => updateService(deps, principal, body),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/service/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"],
      params: byUuid,
      async handle({ params, principal, reply }) {
        await deleteService(deps, principal, params.uuid);
        reply.status(204);
      },
    }),
  ];
}
