import { uuidText } from "@evertrack/contract/v1/access";
import { licenseGroupCreation, licenseGroupUpdate } from "@evertrack/contract/v1/license-group";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, sortColumn, totalCount } from "../../../../platform/http/index.ts";
import { addMember, createGroup, removeGroup, removeMember, renameGroup } from "../../commands/groups.ts";
import type { LicensesDeps } from "../../deps.ts";
import { GROUP_SORT_NAMES, groupsPage, requireGroup } from "../../queries/groups.ts";

const byUuid = z.object({ uuid: uuidText });

/** Groups of licences. */
export function licenseGroupRoutes(deps: LicensesDeps): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: "GET",
      path: "/api/v1/licenseGroup",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_READ"],
      query: pagingQuery,
      async handle({ query, reply }) {
        const page = pageOf(query);
        const column = sortColumn(page, GROUP_SORT_NAMES, "g.name");
        const { items, total } = await groupsPage(db, { ...page, column });
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/licenseGroup/:uuid",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_READ"],
      params: byUuid,
      handle: ({ params }) => requireGroup(db, params.uuid),
    }),
    route({
      method: "PUT",
      path: "/api/v1/licenseGroup",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_CREATE"],
      body: licenseGroupCreation,
      async handle({ body, reply }) {
        const group = await createGroup(deps, body.name);
        reply.status(201);
        return group;
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/licenseGroup",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_UPDATE"],
      body: licenseGroupUpdate,
      handle: ({ body }) => renameGroup(deps, body),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/licenseGroup/:uuid",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_DELETE"],
      params: byUuid,
      async handle({ params, reply }) {
        await removeGroup(deps, params.uuid);
        reply.status(204);
      },
    }),
    ...membershipRoutes(deps),
  ];
}

/** Which licences a group has; 304 tells that nothing had to change. */
function membershipRoutes(deps: LicensesDeps): Route[] {
  const changes = { POST: addMember, DELETE: removeMember } as const;
  return (["POST", "DELETE"] as const).map((method) =>
    route({
      method,
      path: "/api/v1/licenseGroup/:uuid/license/:licenseUuid",
      access: ["POLICY_MANAGEMENT", "POLICY_MANAGEMENT_UPDATE"],
      params: z.object({ uuid: uuidText, licenseUuid: uuidText }),
      async handle({ params, reply }) {
        const group = await changes[method](deps, { group: params.uuid, license: params.licenseUuid });
        if (group === undefined) reply.status(304);
        return group;
      },
    }),
  );
}
