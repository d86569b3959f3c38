import { PERMISSIONS } from "@evertrack/contract";
import { nameText, teamPermissionsRequest, userPermissionsRequest, uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { PlainError, type Route, route } from "../../../../platform/http/index.ts";
import * as teams from "../../commands/teams.ts";
import * as users from "../../commands/users.ts";
import { presentPermission, presentTeam, presentUser } from "../../presentation.ts";
import { requireTeam } from "../../queries/teams.ts";

const ofTeam = z.object({ permission: z.string(), uuid: uuidText });
const ofUser = z.object({ permission: z.string(), username: nameText });

/** Permissions of teams and users. */
export function permissionRoutes(deps: teams.TeamDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/permission",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_READ"],
      handle: async () => Object.keys(PERMISSIONS).sort().map(presentPermission),
    }),
    route({
      method: "PUT",
      path: "/api/v1/permission/team",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      body: teamPermissionsRequest,
      handle: async ({ body }) =>
        presentTeam(await teams.replacePermissions(deps, body.team, body.permissions), deps.apiKeyPrefix),
    }),
    route({
      method: "PUT",
      path: "/api/v1/permission/user",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      body: userPermissionsRequest,
      handle: async ({ body }) =>
        presentUser(await users.replaceUserPermissions(deps, body.username, body.permissions)),
    }),
    ...(["POST", "DELETE"] as const).flatMap((method) => [teamPermission(deps, method), userPermission(deps, method)]),
  ];
}

function teamPermission(deps: teams.TeamDeps, method: "POST" | "DELETE"): Route {
  return route({
    method,
    path: "/api/v1/permission/:permission/team/:uuid",
    access: ["ACCESS_MANAGEMENT", method === "POST" ? "ACCESS_MANAGEMENT_UPDATE" : "ACCESS_MANAGEMENT_DELETE"],
    params: ofTeam,
    async handle({ params }) {
      const team = await requireTeam(deps.database.db, params.uuid);
      const wanted = changed(team.permissions, params.permission, method);
      return presentTeam(await teams.replacePermissions(deps, params.uuid, wanted), deps.apiKeyPrefix);
    },
  });
}

function userPermission(deps: teams.TeamDeps, method: "POST" | "DELETE"): Route {
  return route({
    method,
    path: "/api/v1/permission/:permission/user/:username",
    access: ["ACCESS_MANAGEMENT", method === "POST" ? "ACCESS_MANAGEMENT_UPDATE" : "ACCESS_MANAGEMENT_DELETE"],
    params: ofUser,
    async handle({ params }) {
      const user = await users.requireUser(deps, params.username);
      const wanted = changed(user.permissions, params.permission, method);
      return presentUser(await users.replaceUserPermissions(deps, params.username, wanted));
    },
  });
}

function changed(present: readonly string[], permission: string, method: "POST" | "DELETE"): string[] {
  if (!Object.hasOwn(PERMISSIONS, permission)) throw new PlainError(404, "The permission could not be found.");
  const others = present.filter((name) => name !== permission);
  return method === "POST" ? [...others, permission] : others;
}
