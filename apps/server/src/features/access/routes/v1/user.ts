import {
  identifiedByUsername,
  identifiedByUuid,
  managedUserRequest,
  nameText,
  teamsSetRequest,
} from "@evertrack/contract/v1/access";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import type { LoginDeps } from "../../commands/login.ts";
import * as commands from "../../commands/users.ts";
import { presentUser } from "../../presentation.ts";
import { managedUsersPage } from "../../queries/users.ts";

const byUsername = z.object({ username: nameText });

/** Managed users and team memberships. */
export function userRoutes(deps: LoginDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/user/managed",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_READ"],
      query: pagingQuery,
      async handle({ query, reply }) {
        const { items, total } = await managedUsersPage(deps.database.db, pageOf(query));
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "PUT",
      path: "/api/v1/user/managed",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_CREATE"],
      body: managedUserRequest,
      async handle({ body, reply }) {
        reply.status(201);
        return presentUser(await commands.createUser(deps, body));
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/user/managed",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      body: managedUserRequest,
      handle: async ({ body }) => presentUser(await commands.updateManagedUser(deps, body)),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/user/managed",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_DELETE"],
      body: identifiedByUsername,
      async handle({ body, reply }) {
        await commands.deleteManagedUser(deps, body.username);
        reply.status(204);
      },
    }),
    ...membershipRoutes(deps),
  ];
}

function membershipRoutes(deps: LoginDeps): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/user/:username/membership",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      params: byUsername,
      body: identifiedByUuid,
      handle: async ({ params, body }) =>
        presentUser(await commands.changeMembership(deps, params.username, body.uuid, "add")),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/user/:username/membership",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_DELETE"],
      params: byUsername,
      body: identifiedByUuid,
      handle: async ({ params, body }) =>
        presentUser(await commands.changeMembership(deps, params.username, body.uuid, "remove")),
    }),
    route({
      method: "PUT",
      path: "/api/v1/user/membership",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      body: teamsSetRequest,
      handle: async ({ body }) => presentUser(await commands.replaceTeams(deps, body.username, body.teams)),
    }),
  ];
}
