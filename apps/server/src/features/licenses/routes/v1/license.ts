import { licenseCreation } from "@evertrack/contract/v1/license";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, sortColumn, totalCount } from "../../../../platform/http/index.ts";
import { createCustomLicense, removeCustomLicense } from "../../commands/custom-licenses.ts";
import type { LicensesDeps } from "../../deps.ts";
import { conciseLicenses, LICENSE_SORT_NAMES, licensesPage, requireLicense } from "../../queries/licenses.ts";

const byId = z.object({ licenseId: z.string().min(1) });

/** Known licences, and custom ones among them. */
export function licenseRoutes(deps: LicensesDeps): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: "GET",
      path: "/api/v1/license",
      access: "authenticated",
      query: pagingQuery,
      async handle({ query, reply }) {
        const page = pageOf(query);
        const column = sortColumn(page, LICENSE_SORT_NAMES, "k.name");
        const { items, total } = await licensesPage(db, { ...page, column });
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/license/concise",
      access: "authenticated",
      async handle({ reply }) {
        const items = await conciseLicenses(db);
        totalCount(reply, items.length);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/license/:licenseId",
      access: "authenticated",
      params: byId,
      handle: ({ params }) => requireLicense(db, params.licenseId),
    }),
    route({
      method: "PUT",
      path: "/api/v1/license",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_CREATE"],
      body: licenseCreation,
      async handle({ body, reply }) {
        const license = await createCustomLicense(deps, body);
        reply.status(201);
        return license;
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/license/:licenseId",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_DELETE"],
      params: byId,
      async handle({ params, reply }) {
        await removeCustomLicense(deps, params.licenseId);
        reply.status(204);
      },
    }),
  ];
}
