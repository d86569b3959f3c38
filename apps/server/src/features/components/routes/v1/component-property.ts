import { uuidText } from "@evertrack/contract/v1/access";
import { componentPropertyCreation } from "@evertrack/contract/v1/component-property";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { createProperty, deleteProperty } from "../../commands/write-properties.ts";
import type { ComponentsDeps } from "../../deps.ts";
import { readProperties } from "../../queries/read-components.ts";

const byUuid = z.object({ uuid: uuidText });

/** Properties of components: what a BOM says in pairs, and what people add. */
export function componentPropertyRoutes(deps: ComponentsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/component/:uuid/property",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readProperties(deps, principal, params.uuid),
    }),
    route({
      method: "PUT",
      path: "/api/v1/component/:uuid/property",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_CREATE"],
      params: byUuid,
      body: componentPropertyCreation,
      async handle({ params, body, principal, reply }) {
        const property = await createProperty(deps, principal, params.uuid, body);
        reply.status(201);
        return property;
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/component/:uuid/property/:propertyUuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"],
      params: byUuid.extend({ propertyUuid: uuidText }),
      async handle({ params, principal, reply }) {
        await deleteProperty(deps, principal, params.uuid, params.propertyUuid);
        reply.status(204);
      },
    }),
  ];
}
