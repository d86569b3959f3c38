import { uuidText } from "@evertrack/contract/v1/access";
import { componentCreation, componentUpdate } from "@evertrack/contract/v1/component";
import { liberalBoolean } from "@evertrack/contract/v1/portfolio";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, sortColumn, totalCount } from "../../../../platform/http/index.ts";
import { createComponent, deleteComponent, updateComponent } from "../../commands/write-component.ts";
import type { ComponentsDeps } from "../../deps.ts";
import {
  COMPONENT_SORT_NAMES,
  readComponentPage,
  readOccurrences,
  readOneComponent,
} from "../../queries/read-components.ts";

const byUuid = z.object({ uuid: uuidText });
const listQuery = pagingQuery.extend({ onlyOutdated: liberalBoolean, onlyDirect: liberalBoolean });

/** Components of a project, and single ones. */
export function componentRoutes(deps: ComponentsDeps): Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps)];
}

function readingRoutes(deps: ComponentsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/component/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: listQuery,
      async handle({ params, query, principal, reply }) {
        const page = pageOf(query);
        const column = sortColumn(page, COMPONENT_SORT_NAMES, "i.name");
        const { onlyOutdated, onlyDirect } = query;
        const wanted = { ...page, column, onlyOutdated, onlyDirect };
        const { items, total } = await readComponentPage(deps, principal, params.uuid, wanted);
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/component/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readOneComponent(deps, principal, params.uuid),
    }),
    route({
      method: "GET",
      path: "/api/v1/component/:uuid/occurrence",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: pagingQuery,
      async handle({ params, query, principal, reply }) {
        const { items, total } = await readOccurrences(deps, principal, params.uuid, pageOf(query));
        totalCount(reply, total);
        return items;
      },
    }),
  ];
}

function writingRoutes(deps: ComponentsDeps): Route[] {
  return [
    route({
      method: "PUT",
      path: "/api/v1/component/project/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      params: byUuid,
      body: componentCreation,
      async handle({ params, body, principal, reply }) {
        const uuid = await createComponent(deps, principal, params.uuid, body);
        reply.status(201);
        return readOneComponent(deps, principal, uuid);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/component",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      body: componentUpdate,
      async handle({ body, principal }) {
        await updateComponent(deps, principal, body);
        return readOneComponent(deps, principal, body.uuid);
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/component/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"],
      params: byUuid,
      async handle({ params, principal, reply }) {
        await deleteComponent(deps, principal, params.uuid);
        reply.status(204);
      },
    }),
  ];
}
